"""One result in three tongues: for people, for programs, for CI."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET  # the document is our own

import jsonschema
import pytest
from rich.console import Console

from liveavatar_ops.health.evidence.html import html_report
from liveavatar_ops.health.facts import (
    AudioFacts,
    Depth,
    HostFacts,
    Refusal,
    RoomFacts,
    RoomFailure,
    VideoFacts,
)
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measures import MEASURES, readings, show
from liveavatar_ops.health.overrides import limits_from
from liveavatar_ops.health.report import health_result, print_result
from liveavatar_ops.health.report.junit import junit_text
from liveavatar_ops.health.report.schema import schema_text
from tests.support.health_facts import healthy
from tests.support.health_faults import TABLE

SCHEMA_FILE = Path(__file__).parents[3] / "docs/schema/health-result.json"
NO_PICTURE = {"room": RoomFacts(), "video": VideoFacts(), "audio": AudioFacts()}
REFUSED = Refusal(step="start", error="ServerFault", status=500, sentence="LiveAvatar answered 500.")


def result(depth=Depth.VIDEO, limits=None, evidence=None, **changes):
    facts, limits = healthy(depth, **changes), limits or Limits()
    return health_result(facts, judge(facts, limits), limits, evidence)


RESULTS = {
    "healthy": result(),
    "healthy api": result(Depth.API),
    "healthy session": result(Depth.SESSION),
    "healthy conversation": result(Depth.CONVERSATION),
    "degraded": result(video={"frozen_s": 7.0}),
    "unhealthy": result(
        video={"frozen_s": 12.0, "fps": 15.0}, evidence={"contact_sheet": "evidence/x/sheet.png"}
    ),
    "refused": result(refusal=REFUSED, **NO_PICTURE),
    "inconclusive": result(host=HostFacts(loop_lag_p95_s=0.5), video={"fps": 5.0}),
}


def printed(given, *, width=80, colour=False) -> str:
    out = io.StringIO()
    print_result(
        given,
        Console(file=out, width=width, force_terminal=colour, color_system="standard" if colour else None),
    )
    return out.getvalue()


@pytest.mark.parametrize("after", [85, 1099, 100, None], ids=["customers", "top-up", "late bill", "unread"])
def test_what_a_check_cost_is_its_own_cost(after):
    """The account's balance moves for other reasons; before and after stay in the result."""
    given = result(credits={"after": after})

    assert "· 1 credit\n" in printed(given, width=120)
    assert json.loads(given.to_json())["credits"] == {
        "before": "100",
        "after": None if after is None else str(after),
        "estimate": "1",
        "minute": None,
    }


@pytest.mark.parametrize("sandbox", [True, False])
def test_a_check_in_the_sandbox_says_so(sandbox):
    """It cost nothing, and it is not what customers see."""
    told = printed(result(target={"sandbox": sandbox}))

    assert ("· sandbox ·" in told) is sandbox


@pytest.mark.parametrize("given", RESULTS.values(), ids=RESULTS)
def test_a_result_fits_eighty_columns_and_needs_no_colour(given):
    """Everything that colour says stands there in words too."""
    text = printed(given)

    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert given.judgement.verdict.value.upper() in text
    assert len(text.splitlines()) <= 40


def test_the_printed_result_says_cause_limits_evidence_and_next_step():
    text = printed(RESULTS["unhealthy"])

    assert "frozen picture" in text
    assert "12 s" in text
    assert "> 10 s  unhealthy" in text
    assert "evidence/x/sheet.png" in text
    assert "next" in text


def test_brackets_in_what_a_server_said_are_not_markup():
    """rich would eat them, and the sentence with them."""
    text = printed(
        result(refusal=REFUSED.model_copy(update={"sentence": "It said [bold]no[/bold]."}), **NO_PICTURE)
    )

    assert "It said [bold]no[/bold]." in text


def test_a_healthy_video_check_does_not_claim_that_the_avatar_answers():
    """A wrong OpenAI key leaves a healthy, silent picture."""
    assert "only depth conversation" in " ".join(printed(RESULTS["healthy"]).split())


@pytest.mark.parametrize("given", RESULTS.values(), ids=RESULTS)
def test_every_document_follows_the_published_schema(given):
    document = json.loads(given.to_json())

    jsonschema.validate(document, json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    assert document["schema"] == "liveavatar-ops.health.result/1"
    assert type(given).model_validate(document) == given


def test_the_published_schema_is_the_one_of_the_code():
    """`make docs` writes it."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_document_holds_the_limits_it_was_judged_by():
    limits = limits_from(("june.yaml", {"gap_unhealthy_s": 3}))

    assert json.loads(result(limits=limits).to_json())["limits"]["gap_unhealthy_s"] == 3


def cases(text: str) -> dict[str, ET.Element]:
    return {case.attrib["name"]: case for case in ET.fromstring(text).iter("testcase")}  # noqa: S314  # our own document


def test_junit_has_a_case_a_measure_and_fails_where_the_check_failed():
    found = cases(junit_text([RESULTS["unhealthy"]]))

    assert set(found) == {"verdict"} | {m.name for m in MEASURES if Depth.VIDEO.includes(m.depth)}
    assert "stood still for at least 12 s" in found["frozen"].find("failure").attrib["message"]
    assert found["fps"].find("failure") is None  # degraded: CI goes on
    assert found["gap"].find("failure") is None
    assert found["verdict"].find("failure") is not None


def test_strict_junit_fails_degraded_measures_too():
    found = cases(junit_text([RESULTS["unhealthy"]], strict=True))

    assert found["fps"].find("failure") is not None


def test_junit_skips_what_is_inconclusive_or_was_not_seen():
    """Neither a failure that pages nor a pass that opens a gate."""
    found = cases(junit_text([RESULTS["inconclusive"]]))

    assert "inconclusive" in found["verdict"].find("skipped").attrib["message"]
    assert "inconclusive" in found["fps"].find("skipped").attrib["message"]
    assert cases(junit_text([RESULTS["refused"]]))["fps"].find("skipped") is not None


def never_came(name: str):
    """A check in which the measure of this name never came, and that is the fault."""
    no_picture = {"video": VideoFacts(watched_until_s=25), "audio": AudioFacts()}
    room = {"connect_started_s": 0.9, "connected_s": 1.1, "watched_until_s": 25.9}
    silent = {"answer_started_s": None, "answer_latency_s": None, "waited_s": 12.0, "mouth_moving_s": 0.0}
    no_path = RoomFailure(kind="ice", sentence="No path.")
    return {
        "answer": lambda: result(Depth.CONVERSATION, conversation=silent),
        "join": lambda: result(room=RoomFacts(**room), **no_picture),
        "first_frame": lambda: result(room=RoomFacts(**room, avatar_joined_s=1.2), **no_picture),
        "api_start": lambda: result(Depth.SESSION, refusal=REFUSED, steps=()),
        "connect": lambda: result(
            room=RoomFacts(
                connect_started_s=0.9,
                watched_until_s=15.9,
                failure=no_path,
            ),
            **no_picture,
        ),
    }[name]()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("answer", "none in 12 s"),
        ("join", "none in 25 s"),
        ("first_frame", "none in 25 s"),
        ("connect", "none in 15 s"),
        ("api_start", "none"),
    ],
)
def test_what_never_came_is_failed_in_every_tongue(name, said):
    """Where absence is the fault, neither a blank nor a skip: red, with how long it was waited for."""
    given = never_came(name)
    assert given.judgement.verdict.value == "unhealthy"
    reading = next(each for each in given.measures if each.name == name)

    assert (reading.state, reading.value) == ("missing", said)
    assert [each.name for each in given.measures if each.state == "missing"] == [name]
    assert said in cases(junit_text([given]))[name].find("failure").attrib["message"]
    row = next(line for line in printed(given).splitlines() if line.strip().startswith(reading.title))
    assert said in row
    assert row.endswith("missing")


@pytest.mark.parametrize(
    ("row", "name", "said"),
    [
        ("the answer fell into a lost connection", "answer", "none in 12 s"),
        ("the connection is lost before the avatar comes", "join", "none in 20 s"),
        ("the connection is lost before the first frame", "first_frame", "none in 10 s"),
    ],
)
def test_what_never_came_is_failed_also_where_the_connection_is_to_blame(row, name, said):
    """Whose fault it is changes nothing about what a viewer did not get."""
    facts = TABLE[row][0]
    found = readings(facts, Limits(), judge(facts, Limits()).reasons)

    reading = next(each for each in found if each.name == name)
    assert (reading.state, reading.value) == ("missing", said)


def test_names_with_a_comma_are_told_apart_where_they_are_listed():
    """`rate, end to start` is one measure."""
    given = result(video={"fps": None, "fps_first_third": None, "fps_last_third": None})

    assert "not seen: frame rate · rate, end to start" in printed(given)
    assert "Not seen in this check: frame rate · rate, end to start." in html_report(given, [])


def test_what_never_came_in_doubt_is_no_alarm():
    """A starved machine, or a wait that was cut short: neither red nor a failure in CI."""
    short = {"answer_started_s": None, "answer_latency_s": None, "waited_s": 1.0, "mouth_moving_s": 0.0}
    given = result(Depth.CONVERSATION, conversation=short)

    assert given.judgement.verdict.value == "inconclusive"
    assert next(each for each in given.measures if each.name == "answer").state == "not_seen"
    assert cases(junit_text([given]))["answer"].find("skipped") is not None


@pytest.mark.parametrize("given", RESULTS.values(), ids=RESULTS)
def test_what_goes_into_a_pipe_has_no_trailing_blanks(given):
    assert [line for line in printed(given).splitlines() if line != line.rstrip()] == []


def test_junit_counts_over_several_targets():
    root = ET.fromstring(junit_text([RESULTS["healthy"], RESULTS["unhealthy"]]))  # noqa: S314  # our own document

    assert root.attrib["failures"] == "2"  # the measure and the verdict
    names = [suite.attrib["name"] for suite in root.findall("testsuite")]
    assert names == ["health.reception", "health.reception (2)"]  # one target checked twice


def test_a_path_that_is_piped_stays_on_one_line():
    """Folded at 80 columns it could be neither copied nor searched for."""
    sheet = f"evidence/{'2026-11-24T021500Z-' * 6}/contact-sheet.png"
    shown = result(evidence={"contact_sheet": sheet})
    out = io.StringIO()

    print_result(shown, Console(file=out, width=80))

    assert any(line.endswith(sheet) for line in out.getvalue().splitlines())


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.25, "s", "3.2 s"), (12.0, "s", "12 s"), (0.048, "s", "48 ms"), (0.0, "s", "0 s"),
        (0.123, "share", "12 %"), (0.015, "share", "1.5 %"), (1.0, "share", "100 %"),
        (24.94, "fps", "24.9 fps"), (-41.2, "dBFS", "−41 dBFS"), (0.83, "", "0.8"), (135.0, "s", "135 s"),
    ],
)  # fmt: skip
def test_numbers_are_shown_as_people_read_them(value, unit, text):
    assert show(value, unit) == text
