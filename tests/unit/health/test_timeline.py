"""The timeline: every kind of check gives one that says in picture and words what the facts say."""

import re
from xml.etree import ElementTree as ET  # the documents are our own

import pytest

from liveavatar_ops.health.evidence.timeline import timeline, write_timeline
from liveavatar_ops.health.evidence.timeline_lanes import density
from liveavatar_ops.health.evidence.timeline_pen import cut, escaped, n, width_of, wrap
from liveavatar_ops.health.evidence.timeline_places import _BY_MEASURE, places
from liveavatar_ops.health.evidence.timeline_space import NARROW, PAPER, WIDE, axis_of, runs
from liveavatar_ops.health.facts import Depth, FrameSeries, VideoFacts
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import MEASURES
from liveavatar_ops.health.verdicts import Cause, Reason, Severity
from tests.support.health_evidence import BREAKING_OUT, CHECKS, hostile
from tests.support.health_facts import healthy, span, step

SVG = "{http://www.w3.org/2000/svg}"


def drawn(facts, *, alone=True) -> ET.Element:
    limits = Limits()
    return ET.fromstring(timeline(facts, judge(facts, limits), limits, alone=alone).svg)  # noqa: S314  # our own


def layout(root: ET.Element, name: str) -> ET.Element:
    return next(group for group in root.iter(f"{SVG}g") if group.get("class") == f"tl-{name}")


def words(root: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("facts", CHECKS.values(), ids=CHECKS)
def test_every_check_gives_a_drawing_for_wide_screens_and_for_phones(facts):
    """Well formed, named, described, without script and without anything to fetch."""
    root = drawn(facts)

    assert root.find(f"{SVG}title").text
    assert root.find(f"{SVG}desc").text
    assert root.get("role") == "img"
    assert "API calls" in words(layout(root, "wide"))
    assert "API calls" in words(layout(root, "narrow"))
    assert "API calls" in words(layout(root, "paper"))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "g", "rect", "path", "circle", "text", "tspan"}
    assert not any("href" in name for element in root.iter() for name in element.attrib)
    assert "url(" not in root.find(f"{SVG}style").text


@pytest.mark.parametrize("facts", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("name", ["wide", "narrow", "paper"])
def test_nothing_is_drawn_outside_the_drawing(facts, name):
    """Text is measured with a margin, as the reader's font is not known."""
    width = {"wide": WIDE, "narrow": NARROW, "paper": PAPER}[name].width
    for element in layout(drawn(facts), name).iter():
        for key in ("x", "cx"):
            if element.get(key) is not None:
                assert -1 <= float(element.get(key)) <= width
        if element.tag == f"{SVG}text":
            text = "".join(element.itertext())
            x, long = float(element.get("x")), width_of(text, float(element.get("font-size")))
            left = {"end": x - long, "middle": x - long / 2}.get(element.get("text-anchor"), x)
            assert left >= -1, text
            assert left + long <= width + 1, text


@pytest.mark.parametrize("facts", CHECKS.values(), ids=CHECKS)
def test_every_reason_has_its_number_and_its_sentence(facts):
    """In the picture as a flag where it has a moment, below it in words, and in the description."""
    judged, root = judge(facts, Limits()), drawn(facts)

    for number, reason in enumerate(judged.reasons, 1):
        start = " ".join(reason.sentence.split()[:4])
        for name in ("wide", "narrow"):
            said = words(layout(root, name))
            assert str(number) in said
            assert any(line.startswith(start) for line in said)
        assert reason.sentence in root.find(f"{SVG}desc").text


def test_a_page_that_says_the_reasons_itself_gets_flags_only():
    facts = CHECKS["frozen"]
    said = words(layout(drawn(facts, alone=False), "wide"))

    assert "1" in said
    assert not any("stood still" in line for line in said)
    assert facts.target.name not in said


def test_every_measure_has_a_place_on_the_axis():
    """A new measure without one would lose its flag in silence."""
    assert set(_BY_MEASURE) == {measure.name for measure in MEASURES}


@pytest.mark.parametrize(
    ("check", "measure", "cause", "stretch"),
    [
        ("frozen", "frozen", Cause.FROZEN, (4.0, 14.0)),
        ("gap", "gap", Cause.FROZEN, (6.0, 9.0)),
        ("gap", "fps", Cause.SLOW, (2.0, 14.0)),
        ("black", "black", Cause.BLACK, (8.0, 14.0)),
        ("healthy", "api_start", Cause.SLOW, (0.3, 0.9)),
        ("healthy", "first_frame", Cause.SLOW, (0.95, 2.0)),
        ("conversation", "answer", Cause.SLOW, (7.0, 8.2)),
        ("conversation", "clipped", Cause.DISTORTED, (8.2, 11.7)),
        ("no answer", None, Cause.NO_ANSWER, (7.0, 14.0)),
        ("no avatar", None, Cause.NO_AVATAR, (1.1, 21.1)),
        ("own host", None, Cause.OWN_HOST, (5.5, 6.0)),
        ("refused", None, Cause.VENDOR_API, (0.3, 0.9)),
        ("depth api", None, Cause.CONFIGURATION, None),
    ],
)
def test_a_reason_stands_where_it_happened(check, measure, cause, stretch):
    reason = Reason(cause=cause, severity=Severity.FAILS, sentence="So.", measure=measure)
    (place,) = places((reason,), CHECKS[check])

    assert place.stretch == (pytest.approx(stretch) if stretch else None)


@pytest.mark.parametrize("text", BREAKING_OUT)
def test_what_others_named_stays_text(text):
    """A template's name is no markup, and no byte of it makes the file unreadable."""
    root = drawn(hostile(text))

    assert not [element for element in root.iter() if "script" in element.tag or "img" in element.tag]
    printable = "".join(letter for letter in text if letter.isprintable()).split()[0]
    assert printable[:8] in " ".join(words(layout(root, "wide")))


def test_where_frames_are_missing_the_light_is_cut_and_the_density_empty():
    facts = CHECKS["gap"]
    kept = [at_s for at_s in facts.video.series.at_s if not 6.0 < at_s < 9.0]
    series = facts.video.series.model_copy(update={"at_s": tuple(kept)})
    rates = density(facts.video.model_copy(update={"series": series, "frames": len(kept)}))

    assert not any(6.05 < at_s < 8.95 for at_s, _ in rates)
    assert all(23 <= rate <= 27 for _, rate in rates)  # the gap takes nothing from its neighbours
    assert len(runs([(1.0, 0.0), (2.0, 0.0), (90.0, 0.0), (91.0, 0.0)], [(2.0, 90.0)])) == 2


@pytest.mark.parametrize("check", ["healthy", "long watch"])
def test_the_density_is_the_frame_rate_however_the_series_was_kept(check):
    """Ten minutes are kept as 1500 points; their density is still 25 a second."""
    rates = [rate for _, rate in density(CHECKS[check].video)]

    assert 23 <= sum(rates) / len(rates) <= 27


@pytest.mark.parametrize("fps", [25.0, 24.0, 7.0, 1.0])
def test_a_steady_picture_is_a_level_line(fps):
    """Six or seven frames in a quarter second are no sawtooth: the picture did not stutter."""
    moments = tuple(2.0 + index / fps for index in range(round(12 * fps)))
    series = FrameSeries(at_s=moments, luma=(9.0,) * len(moments), motion=(9.0,) * len(moments))
    rates = [rate for _, rate in density(VideoFacts(frames=len(moments), series=series))]

    assert rates == pytest.approx([fps] * len(rates), rel=0.01)


def test_a_ten_minute_watch_is_no_larger_than_the_eye_can_see():
    facts = CHECKS["long watch"]

    assert len(timeline(facts, judge(facts, Limits()), Limits()).svg) < 200_000


def test_the_stop_call_is_drawn_where_the_watch_ended():
    """Facts keep it apart from the other calls."""
    facts = healthy(Depth.VIDEO)
    facts = facts.model_copy(update={"steps": tuple(s for s in facts.steps if s.name != "stop")})

    assert "stop" in words(layout(drawn(facts), "wide"))


def test_a_failed_call_is_named_in_one_line_with_its_neighbours():
    """Where bold words end only the viewer's font knows, so no place is reckoned for what follows."""
    tried = CHECKS["refused"].model_copy(update={"steps": (*CHECKS["refused"].steps, step("stop", 1.0))})
    wide = layout(drawn(tried), "wide")
    line = next(text for text in wide.iter(f"{SVG}text") if "start 500" in "".join(text.itertext()))

    assert "".join(line.itertext()) == "credits · start 500 · stop"
    assert [(part.get("class"), part.get("x")) for part in line] == [
        ("soft halo", None),
        ("t-bad bold halo", None),
        ("soft halo", None),
    ]


def test_threads_of_flags_run_under_the_words():
    """The dashes would strike them through."""
    wide = list(layout(drawn(CHECKS["refused"]), "wide"))
    dashes = [at for at, each in enumerate(wide) if "dash" in (each.get("class") or "")]

    assert dashes
    assert max(dashes) < min(at for at, each in enumerate(wide) if each.tag == f"{SVG}text")


def test_the_talk_names_who_speaks_and_how_long_was_waited():
    talk = CHECKS["conversation"]
    audio = talk.audio.model_copy(update={"speech": (span("speech", 2.4, 4.0), *talk.audio.speech)})
    said = words(layout(drawn(talk.model_copy(update={"audio": audio})), "wide"))

    assert {"talk", "greeting", "we speak", "1.2 s wait", "answer"} <= set(said)
    assert "no answer in 12 s" in words(layout(drawn(CHECKS["no answer"]), "paper"))


def test_names_of_limits_stand_beside_the_drawing():
    """Over the bars nobody can read them."""
    for element in layout(drawn(CHECKS["conversation"]), "wide").iter(f"{SVG}text"):
        if element.text in {"20 fps", "still", "black", "speech"}:
            assert float(element.get("x")) > WIDE.right


def test_on_paper_the_drawing_for_paper_takes_the_place_of_the_wide_one():
    style = drawn(CHECKS["healthy"]).find(f"{SVG}style").text

    assert re.search(r"@media print\{[^@]*\.tl-wide\{display:none\}\.tl-paper\{display:inline", style)


def test_colours_follow_the_reader_and_paper_is_light():
    style = drawn(CHECKS["healthy"]).find(f"{SVG}style").text

    assert "prefers-color-scheme:dark" in style
    assert style.index("@media print") > style.index("prefers-color-scheme")


def test_the_axis_reaches_to_the_last_thing_known():
    assert axis_of(CHECKS["no avatar"], WIDE).until_s == pytest.approx(21.1)
    assert axis_of(CHECKS["nothing at all"], WIDE).until_s > 0


def test_small_print():
    """Coordinates are short, text is cut and wrapped to its width, forbidden characters are gone."""
    assert [n(3.0), n(3.14159), n(-0.01)] == ["3", "3.1", "0"]
    assert cut("a long name", 12, 40).endswith("…")
    assert width_of(cut("a long name", 12, 40), 12) <= 40
    assert len(wrap("one two three four five six", 12, 60, lines=2)) == 2
    assert escaped("a\x00b\x1b<") == "a\ufffdb\ufffd&lt;"


def test_the_file_is_written_whole(tmp_path):
    facts = CHECKS["frozen"]
    write_timeline(tmp_path / "timeline.svg", facts, judge(facts, Limits()), Limits())

    ET.parse(tmp_path / "timeline.svg")  # noqa: S314  # our own
    assert [path.name for path in tmp_path.iterdir()] == ["timeline.svg"]
