"""The round of all checks, the report, the command line."""

import io
import json
import threading
from collections.abc import Iterator

import pytest
import typer
from pydantic import ValidationError
from rich.console import Console
from typer.testing import CliRunner

from liveavatar_ops.doctor.cli import doctor
from liveavatar_ops.doctor.finding import Check, Finding, State, broken, ok, single, skipped, warning
from liveavatar_ops.doctor.report import as_json, exit_code, show
from liveavatar_ops.doctor.rounds import Group, examine

EVERYTHING = [
    Group(
        "One",
        (
            ok("Fine", "as it should be"),
            warning("Doubtful", "works, but " + "slowly and " * 20, "Do this: " + "and that " * 20),
            broken("Bad", "does not work", "Run `liveavatar-ops health janitor`"),
            skipped("Absent", "nobody looked"),
        ),
    )
]


@pytest.mark.parametrize(
    ("state", "fix"),
    [(State.WARNING, ""), (State.BROKEN, ""), (State.OK, "Do something"), (State.SKIPPED, "Do something")],
)
def test_what_is_wrong_cannot_be_said_without_its_cure(state: State, fix: str) -> None:
    """The law of this command, held by its type."""
    with pytest.raises(ValidationError):
        Finding(name="x", state=state, sentence="y", fix=fix)


def test_a_check_that_hangs_does_not_hold_up_the_others() -> None:
    """The deadline passes, the line says so, what came before it in the same check is kept."""
    taken, never = threading.Event(), threading.Event()

    def walk() -> Iterator[Finding]:
        yield ok("first", "fine")
        taken.set()
        never.wait()
        yield ok("second", "fine")

    def other(name: str) -> Finding:
        taken.wait()  # a busy machine may need longer for the first line than the hanging check has
        return ok(name, "fine")

    checks = [
        Check("A", ("first", "second", "third"), walk, within_s=0.2),
        single("B", "other", other, within_s=60),
    ]
    try:
        groups = examine(checks, total_s=60)
    finally:
        never.set()

    assert [(f.name, f.state) for group in groups for f in group.findings] == [
        ("first", State.OK),
        ("second", State.BROKEN),
        ("third", State.SKIPPED),
        ("other", State.OK),
    ]


def test_the_whole_round_has_a_deadline() -> None:
    """However long each check may take, all together end in time."""
    never = threading.Event()

    def hang(name: str) -> Finding:
        never.wait()
        return ok(name, "too late")

    try:
        groups = examine([single("A", str(n), hang, within_s=3600) for n in range(3)], total_s=0.2)
    finally:
        never.set()

    assert [f.state for f in groups[0].findings] == [State.BROKEN] * 3


def test_a_check_that_fails_itself_says_so() -> None:
    """Its line is broken and quotes nothing; the others hold."""

    def fail(_: str) -> Finding:
        raise RuntimeError("la-key-that-nobody-may-see")

    groups = examine([single("A", "bad", fail), single("A", "good", lambda name: ok(name, "fine"))])

    assert [f.state for f in groups[0].findings] == [State.BROKEN, State.OK]
    assert "nobody-may-see" not in str(groups)


def test_only_what_is_broken_makes_it_fail() -> None:
    """A warning breaks nothing."""
    assert exit_code(EVERYTHING) == 1
    assert exit_code([Group("x", (warning("a", "b", "c"), skipped("d", "e"), ok("f", "g")))]) == 0


def shown(encoding: str = "utf-8", **kw: object) -> str:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    show(EVERYTHING, Console(file=out, **kw))  # type: ignore[arg-type]  # the table's keywords are the console's
    return raw.getvalue().decode(encoding)


def test_the_report_fits_80_columns() -> None:
    """Also on a wide terminal; the cure stands below its line, marked."""
    text = shown(width=200)

    assert max(map(len, text.splitlines())) <= 80
    assert "  ✗ Bad                 does not work" in text
    assert "→ Run `liveavatar-ops health janitor`" in text
    assert "1 broken, 1 warning" in text


def test_an_old_terminal_gets_plain_letters() -> None:
    """No traceback where a mark cannot be shown."""
    text = shown(encoding="ascii", width=80)

    assert "  XX Bad" in text
    assert "-> Run" in text


def test_colours_are_left_out_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR is honoured."""
    assert "\x1b[3" in shown(force_terminal=True, width=80)
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[3" not in shown(force_terminal=True, width=80)


def test_the_json_report_holds_every_finding() -> None:
    """With its group and its cure, under a schema that has a name."""
    report = json.loads(as_json(EVERYTHING))

    assert report["schema"] == "liveavatar-ops.doctor/1"
    assert report["ok"] is False
    assert [f["state"] for f in report["findings"]] == ["ok", "warning", "broken", "skipped"]
    assert report["findings"][2]["fix"] == "Run `liveavatar-ops health janitor`"
    assert report["findings"][2]["group"] == "One"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--livekit-url", "livekit.example.com"],
        ["--stun", "stun.example.com"],
        ["--stun", "x:99999"],
        ["--what"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(arguments: list[str]) -> None:
    """Exit code 2 and nothing is looked at."""
    app = typer.Typer()
    app.command()(doctor)

    done = CliRunner().invoke(app, arguments)

    assert done.exit_code == 2
    assert "Traceback" not in done.output
