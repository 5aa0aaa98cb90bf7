"""The contact sheet: every kind of check gives one, and its marks tell what the facts tell."""

import numpy as np
import pytest
from PIL import Image

from liveavatar_ops.codes import without_ticks
from liveavatar_ops.health.evidence.canvas import cut, plain, width_of, wrap
from liveavatar_ops.health.evidence.contact_sheet import contact_sheet, write_contact_sheet
from liveavatar_ops.health.evidence.figures import figures
from liveavatar_ops.health.evidence.marks import choose, marks_of
from liveavatar_ops.health.evidence.palette import BAD, CAUSE_WORDS, VERDICT_COLOURS
from liveavatar_ops.health.evidence.strip import Axis
from liveavatar_ops.health.evidence.talk import stretches
from liveavatar_ops.health.facts import AudioFacts, Depth, Refusal, RoomFacts, VideoFacts
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.thumbnails import Thumbnail
from liveavatar_ops.health.verdicts import Cause, Verdict
from tests.support.health_evidence import thumbnail
from tests.support.health_facts import healthy, span


def pictures(count: int, *, height: int = 90, width: int = 160, first_s: float = 2.0) -> list[Thumbnail]:
    return [
        thumbnail(first_s + index, np.full((height, width, 3), 40 + index, np.uint8))
        for index in range(count)
    ]


def sheet_of(facts, kept):
    return contact_sheet(facts, judge(facts, Limits()), kept)


def colours(image: Image.Image, box: tuple[int, int, int, int]) -> set[str]:
    found = image.crop(box).getcolors(maxcolors=1 << 20) or []
    return {"#" + "".join(f"{value:02x}" for value in rgb) for _, rgb in found}


SHEETS = {
    "healthy": (healthy(), pictures(12)),
    "one picture": (healthy(), pictures(1)),
    "three pictures": (healthy(), pictures(3)),
    "a hundred pictures": (healthy(), pictures(100)),
    "upright": (healthy(), pictures(7, height=160, width=90)),
    "size changed": (healthy(), [*pictures(3), *pictures(3, height=45, width=80, first_s=7)]),
    "tiny": (healthy(), pictures(2, height=1, width=1)),
    "no frame": (healthy(video=VideoFacts(watched_until_s=12), audio=AudioFacts(), room=RoomFacts()), []),
    "frames, but none kept": (healthy(), []),
    "depth api": (healthy(Depth.API), []),
    "depth session": (healthy(Depth.SESSION), []),
    "depth conversation": (healthy(Depth.CONVERSATION), pictures(8)),
    "nothing at all": (healthy(Depth.API, steps=(), finished_s=0.0), []),
    "long words": (
        healthy(
            target={"name": "réception " * 20},
            refusal=Refusal(step="start", error="Invalid", sentence="A" * 900),
        ),
        [],
    ),
}


@pytest.mark.parametrize(("facts", "kept"), SHEETS.values(), ids=SHEETS)
def test_every_check_gives_a_sheet(facts, kept):
    """A missing sheet is missed most when everything else went wrong."""
    image = sheet_of(facts, kept)

    assert image.mode == "RGB"
    assert image.width == 1280
    assert 300 < image.height < 4000


def test_the_pill_has_the_verdicts_colour():
    corner = (1000, 30, 1250, 90)

    assert VERDICT_COLOURS[Verdict.HEALTHY] in colours(sheet_of(healthy(), pictures(4)), corner)
    assert VERDICT_COLOURS[Verdict.UNHEALTHY] in colours(
        sheet_of(healthy(video={"fps": 1.0}), pictures(4)), corner
    )


def test_a_sheet_is_written_as_png_and_holds_no_words_beside_the_picture(tmp_path):
    """Metadata of a PNG is a place where secrets travel unseen."""
    facts = healthy()

    write_contact_sheet(tmp_path / "sheet.png", facts, judge(facts, Limits()), pictures(4))

    with Image.open(tmp_path / "sheet.png") as image:
        assert image.format == "PNG"
        assert image.info == {}


def marks(facts, at_s, kept=None):
    kept = kept or [thumbnail(at_s, np.zeros((9, 16, 3), np.uint8)), *pictures(1, first_s=99)]
    return [words for words, _ in marks_of(kept[0], facts, kept)]


def test_marks_say_how_long_it_stood_by_then():
    facts = healthy(video={"spans": (span("frozen", 5.0, 14.0),)})

    assert marks(facts, 8.2) == ["FROZEN 3.2 s"]
    assert marks(facts, 4.0) == []


def test_black_is_said_once():
    facts = healthy(video={"spans": (span("frozen", 5.0, 14.0), span("black", 5.0, 14.0))})

    assert marks(facts, 8.0) == ["BLACK"]


def test_the_first_frame_after_a_gap_and_the_last_one_are_marked():
    facts = healthy(video={"spans": (span("gap", 5.0, 8.2),), "open_gap_s": 4.0})
    before, after, last = (
        pictures(1, first_s=4.9)[0],
        pictures(1, first_s=8.3)[0],
        pictures(1, first_s=9.9)[0],
    )
    kept = [before, after, last]

    assert marks_of(before, facts, kept) == []
    assert [words for words, _ in marks_of(after, facts, kept)] == ["AFTER A GAP OF 3.2 s"]
    assert [words for words, _ in marks_of(last, facts, kept)] == ["LAST FRAME, THEN 4.0 s NOTHING"]
    assert marks(healthy(), 2.0) == ["FIRST FRAME"]


TALK = {
    "prompt_started_s": 5.0, "prompt_ended_s": 7.0, "answer_started_s": 8.2, "answer_latency_s": 1.2,
    "greeting_speech_s": 1.5,
}  # fmt: skip
SPOKEN = AudioFacts(
    frames=600,
    speech_s=5.0,
    speech=(span("speech", 2.5, 3.2), span("speech", 3.5, 4.3), span("speech", 8.2, 11.7)),
)


def test_greeting_prompt_wait_and_answer_are_told_apart():
    """Sound alone does not say who speaks, nor whether it was asked for."""
    facts = healthy(Depth.CONVERSATION, conversation=TALK, audio=SPOKEN)

    found = [(each.kind, each.start_s, each.end_s) for each in stretches(facts)]

    assert found == [
        ("greeting", 2.5, 4.3),
        ("prompt", 5.0, 7.0),
        ("wait", 7.0, 8.2),
        ("answer", 8.2, 11.7),
    ]
    said = [marks(facts, at_s) for at_s in (2.2, 3.0, 6.0, 7.5, 9.0, 12.5)]
    assert said == [[], ["GREETING"], ["WE SPEAK"], ["WAITING 0.5 s"], ["ANSWER"], []]


def test_no_answer_is_red_from_our_last_word_to_the_end_of_the_wait():
    """On the strip, on every picture of the wait, and in the figure."""
    silent = {
        **TALK,
        "answer_started_s": None,
        "answer_latency_s": None,
        "waited_s": 9.0,
        "mouth_moving_s": 0,
    }
    facts = healthy(Depth.CONVERSATION, conversation=silent, audio=AudioFacts(frames=600))
    last = stretches(facts)[-1]

    assert (last.kind, last.start_s, last.end_s) == ("no_answer", 7.0, 16.0)
    assert marks(facts, 10.0) == ["NO ANSWER 3.0 s"]
    answer = figures(facts, Limits(), judge(facts, Limits()).reasons)[-1]
    assert (answer.title, answer.state) == ("Answer after", "missing")
    high = sheet_of(facts, pictures(4)).height
    strip = (1000, high - 130, 1200, high - 50)
    assert BAD in colours(sheet_of(facts, pictures(4)), strip)
    assert BAD not in colours(sheet_of(healthy(Depth.CONVERSATION), pictures(4)), strip)


def test_no_avatar_shows_in_the_figures_though_none_of_them_asks_for_it():
    facts = healthy(
        video=VideoFacts(watched_until_s=25),
        audio=AudioFacts(),
        room=RoomFacts(connect_started_s=0.9, connected_s=1.1, watched_until_s=25.9),
    )

    found = figures(facts, Limits(), judge(facts, Limits()).reasons)

    assert ("Avatar joins after", "none in 25 s", "missing") in [(f.title, f.value, f.state) for f in found]


def test_commands_lose_their_backticks_in_the_picture():
    assert without_ticks("run `pulumi up`, then `x`") == "run pulumi up, then x"


def test_of_too_many_pictures_the_first_and_the_last_stay():
    kept = pictures(100)[::-1]

    chosen = choose(kept, most=12)

    assert len(chosen) == 12
    assert (chosen[0].at_s, chosen[-1].at_s) == (2.0, 101.0)


def test_text_outside_the_font_stays_readable():
    """The one font that Pillow carries has plain letters only."""
    assert plain("Réception 1280×720 — 3 ≤ 4…") == "Reception 1280x720 - 3 <= 4…"
    assert plain("日本") == "??"


def test_wrapping_keeps_every_word_where_there_is_room():
    text = "one two three four five six seven eight nine ten eleven twelve"

    assert " ".join(wrap(text, 17, 260, lines=4)) == text
    assert wrap(text, 17, 200, lines=2)[-1].endswith("…")
    assert all(width_of(line, 17) <= 200 for line in wrap(text, 17, 200, lines=2))
    assert cut("short", 17, 200) == "short"


def test_the_axis_keeps_its_moments_inside_and_its_ticks_few():
    for until_s in (0.5, 3, 14, 61, 400):
        axis = Axis(100, 1100, until_s)

        assert axis.x(-1) == 100
        assert axis.x(until_s * 2) == 1100
        assert 1 <= len(axis.ticks) <= 14


def test_every_cause_and_verdict_has_a_word_and_a_colour():
    assert set(CAUSE_WORDS) == set(Cause)
    assert set(VERDICT_COLOURS) == set(Verdict)
