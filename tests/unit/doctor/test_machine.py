"""Python, packages, engine, ledger: what a finding says of each."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import certifi
import pytest

from liveavatar_ops.doctor import engine, ledger, machine
from liveavatar_ops.doctor.finding import Finding, State
from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import Liveness, this_process
from liveavatar_ops.health.stack import StackError

API = "https://api.example.com"


def runs(out: str = "", code: int = 0, err: str = "") -> machine.Run:
    def run(command: Sequence[str], _: float) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(command, code, out, err)

    return run


def hangs(command: Sequence[str], timeout_s: float) -> "subprocess.CompletedProcess[str]":
    raise subprocess.TimeoutExpired(command, timeout_s)


@pytest.mark.parametrize(
    ("version", "libc", "system", "state"),
    [
        ((3, 11, 7), "glibc", "linux", State.OK),
        ((3, 14, 0), "glibc", "linux", State.OK),
        ((3, 10, 9), "glibc", "linux", State.BROKEN),
        ((3, 12, 0), "", "linux", State.BROKEN),  # Alpine
        ((3, 12, 0), "", "darwin", State.OK),
    ],
)
def test_python_must_be_able_to_run_the_client(
    version: tuple[int, ...], libc: str, system: str, state: State
) -> None:
    """Old versions and musl are named before anything fails in the middle of a check."""
    assert machine.check_python("Python", version, libc, system).state is state


@pytest.mark.parametrize(
    ("wanted", "held", "state", "sentence"),
    [
        (["httpx>=0.28,<1"], {"httpx": "0.28.1"}, State.OK, "1 needed, all fit"),
        (["httpx>=0.28,<1"], {}, State.BROKEN, "httpx is missing"),
        (["livekit>=1.2,<2"], {"livekit": "0.2.3"}, State.BROKEN, "livekit is 0.2.3 and must be <2,>=1.2"),
        (["a>=1", "b>=1"], {}, State.BROKEN, "a is missing; b is missing"),
        (['av>=14; extra == "clip"'], {}, State.WARNING, "not installed as a package"),
        (['a>=1; python_version < "3"', "b"], {"b": "0"}, State.OK, "1 needed"),
        ([], {}, State.WARNING, "not installed as a package"),
    ],
)
def test_packages_are_held_against_what_we_declare(
    wanted: list[str], held: dict[str, str], state: State, sentence: str
) -> None:
    """All mistakes at once; extras and other platforms do not count."""
    found = machine.check_packages("Packages", wanted, held.get)

    assert found.state is state
    assert sentence in found.sentence


@pytest.mark.parametrize(
    ("run", "state", "words"),
    [
        (runs("1.2.1\n"), State.OK, "livekit 1.2.1 loads"),
        (
            runs(code=1, err="Traceback\nModuleNotFoundError: No module named 'livekit'"),
            State.BROKEN,
            "No module",
        ),
        (runs(code=-6), State.BROKEN, "exit code -6"),
        (hangs, State.BROKEN, "did not load"),
    ],
)
def test_the_client_is_loaded_in_a_child(run: machine.Run, state: State, words: str) -> None:
    """A native part that aborts ends the child and not doctor."""
    found = machine.check_livekit("LiveKit client", run)

    assert found.state is state
    assert words in found.sentence


def test_an_image_without_roots_is_named(tmp_path: Path) -> None:
    """Slim images come without; an empty file is none either."""
    empty, full = tmp_path / "empty", tmp_path / "full"
    empty.touch()
    full.write_text("-----BEGIN CERTIFICATE-----")

    assert machine.check_roots("Root certificates", "linux", [tmp_path / "absent", full]).state is State.OK
    assert "ca-certificates" in machine.check_roots("Root certificates", "linux", [empty]).fix
    assert machine.check_roots("Root certificates", "darwin", []).state is State.SKIPPED


def test_root_certificates_that_a_variable_names_come_first(tmp_path: Path) -> None:
    """As with the LiveKit client; a file that is not there leaves nobody to trust."""
    full = tmp_path / "full"
    full.write_text("-----BEGIN CERTIFICATE-----")

    look = lambda **named: machine.check_roots("Root certificates", "linux", [full], named)  # noqa: E731 - short

    absent = look(SSL_CERT_FILE=str(tmp_path / "absent"))
    assert absent.state is State.BROKEN
    assert "SSL_CERT_FILE names no file" in absent.sentence
    assert look(SSL_CERT_DIR=str(tmp_path / "absent")).state is State.BROKEN
    assert look(SSL_CERT_FILE=certifi.where()).state is State.OK


@pytest.mark.parametrize(
    ("said", "wanted", "state"),
    [
        ("v3.259.0\n", "3.259.0", State.OK),
        ("v3.259.0\n", None, State.OK),
        ("v3.272.0\n", "3.259.0", State.WARNING),
        ("v3.100.0\n", "3.259.0", State.BROKEN),
        ("v4.0.0\n", "3.259.0", State.BROKEN),
        ("no version\n", "3.259.0", State.BROKEN),
    ],
)
def test_the_engine_must_fit_the_package(said: str, wanted: str | None, state: State) -> None:
    """An older engine lacks what the SDK asks of it; a newer one was not tested."""
    found = engine.check_engine("Engine", Path("/x/pulumi"), wanted, needed=True, run=runs(said))

    assert found.state is state


@pytest.mark.parametrize(("needed", "state"), [(True, State.BROKEN), (False, State.WARNING)])
def test_an_engine_is_missed_where_it_is_needed(needed: bool, state: State) -> None:
    """A container that only runs checks needs none."""
    assert engine.check_engine("Engine", None, "3.259.0", needed=needed).state is state


def test_every_missing_part_of_the_host_is_named(tmp_path: Path) -> None:
    """The three programs, beside the engine or on PATH."""
    (tmp_path / "pulumi-language-python").touch()

    found = engine.check_host("Python host", tmp_path / "pulumi", needed=True, which=lambda _: None)

    assert found.state is State.BROKEN
    assert found.sentence.startswith("pulumi-language-python-exec, pulumi-resource-pulumi-python not found")
    assert engine.check_host("h", tmp_path / "pulumi", needed=True, which=lambda n: n).state is State.OK


def test_a_stack_that_cannot_be_read_says_why_and_what_to_type() -> None:
    """The sentence and the cure of the stack reader are told apart."""

    def refuse(_: str) -> dict[str, object]:
        raise StackError("Stack dev cannot be read: pulumi is not logged in. Run `pulumi login`.")

    found = engine.check_stack("Stack", "dev", refuse)

    assert found.sentence == "Stack dev cannot be read: pulumi is not logged in"
    assert found.fix == "Run `pulumi login`."
    assert engine.check_stack("Stack", "dev", lambda _: {"templates": {}}).state is State.BROKEN
    assert engine.check_stack("Stack", "dev", lambda _: {"templates": {"a": {}}}).state is State.OK


def test_the_stacks_config_names_its_aws_secrets() -> None:
    """Names and region are read; the API key in the same config is not asked for."""
    config = {
        "liveavatar-ops:secrets": {
            "objectValue": {"openai": {"awsSecretId": "dev/openai"}, "other": {"awsSecretId": "dev/openai"}},
            "secret": False,
        },
        "liveavatar:awsRegion": {"value": "eu-west-1", "secret": False},
        "liveavatar:apiKey": {"secret": True},
    }
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str], timeout_s: float) -> "subprocess.CompletedProcess[str]":
        asked.append(command)
        return runs(json.dumps(config))(command, timeout_s)

    names = engine.aws_names("dev", engine=Path("pulumi"), run=run)

    assert names == engine.AwsNames(("dev/openai",), "eu-west-1")
    assert "--show-secrets" not in asked[0]


@pytest.mark.parametrize("said", ["no json", "[]", "[" * 100_000])
def test_a_config_that_cannot_be_read_is_said(said: str) -> None:
    """The engine's answer is not trusted."""
    names = engine.aws_names("dev", engine=Path("pulumi"), run=runs(said))

    assert names == engine.AwsNames(problem="the config of dev cannot be read")


def ledger_with(tmp_path: Path, sessions: int) -> Ledger:
    book = Ledger(tmp_path / "ledger.sqlite3", now=lambda: 1000.0)
    for number in range(sessions):
        check = f"check-{number}"
        book.plan(check, target="front-desk", api_url=API, parent=this_process(), deadline_at=2000.0)
        book.minted(check, f"session-{number}")
    return book


def look_at(book: Ledger, alive: Liveness, api_url: str | None = API) -> Finding:
    alike: Callable[..., Liveness] = lambda _: alive  # noqa: E731 - a seam
    return ledger.check_ledger("Probe sessions", book, api_url, alive=alike, now=lambda: 1500.0)


def test_sessions_of_dead_checks_are_the_janitors(tmp_path: Path) -> None:
    """They may still bill: the line is broken and names the command."""
    found = look_at(ledger_with(tmp_path, 5), Liveness.dead)

    assert found.state is State.BROKEN
    assert "5 left open" in found.sentence
    assert "session-0, session-1, session-2 and 2 more" in found.sentence
    assert "liveavatar-ops health janitor" in found.fix


@pytest.mark.parametrize(("alive", "sessions"), [(Liveness.alive, 2), (Liveness.dead, 0)])
def test_sessions_that_are_looked_after_are_no_trouble(
    tmp_path: Path, alive: Liveness, sessions: int
) -> None:
    """A running check's session is its own business, and an empty ledger is the usual case."""
    assert look_at(ledger_with(tmp_path, sessions), alive).state is State.OK


def test_a_ledger_that_was_never_written_is_not_made(tmp_path: Path) -> None:
    """Doctor changes nothing."""
    book = Ledger(tmp_path / "none" / "ledger.sqlite3")

    assert look_at(book, Liveness.dead).state is State.OK
    assert not (tmp_path / "none").exists()


def test_a_ledger_that_cannot_be_read_is_broken(tmp_path: Path) -> None:
    """No check would start a session without it."""
    (tmp_path / "ledger.sqlite3").write_bytes(b"not a database, but long enough to be taken for one" * 9)

    found = look_at(Ledger(tmp_path / "ledger.sqlite3"), Liveness.dead)

    assert found.state is State.BROKEN
    assert "LIVEAVATAR_OPS_STATE" in found.fix
