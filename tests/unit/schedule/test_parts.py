"""The smaller parts: ledger view, chores, OTLP, log."""

import importlib
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.schedule.child import evidence_folder, health_check, slug
from liveavatar_ops.schedule.chores import TIDY_EVERY_S, Chores
from liveavatar_ops.schedule.config import LongCheck
from liveavatar_ops.schedule.database import Database, StoreError
from liveavatar_ops.schedule.elsewhere import Elsewhere
from liveavatar_ops.schedule.lease import Leases
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.notify.send import Outbox
from liveavatar_ops.schedule.otlp import EXPORTERS, NoOpenTelemetry, start_otlp
from liveavatar_ops.schedule.settings import otlp_asked_for
from liveavatar_ops.schedule.snapshot import Camera
from tests.support.watching import NOON, Clock, Machine, config, outcome, owner, rows, target, watcher

API = "https://api.example.com"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3", now=Clock())


def session(
    ledger: Ledger, check_id: str, who: int, *, cost: float | None, rate: float | None = None,
    api_url: str = API, over: bool = True,
) -> None:  # fmt: skip
    ledger.plan(
        check_id, target="desk", api_url=api_url, parent=owner(who), deadline_at=NOON + 999, rate=rate
    )
    ledger.minted(check_id, f"session-{check_id}")
    ledger.starting(check_id)
    ledger.started(check_id)
    if over:
        ledger.stopped(check_id, "stopped", credits_spent=cost)


def ours(tmp_path: Path, pid: int) -> Database:
    """A watcher's file with one run, made by this process."""
    path = tmp_path / "w.sqlite3"
    rounds = watcher(path, Clock(), [target()], config())
    rounds.child_is(rounds.start_due().started[0], owner(pid))
    return Database(path)


def test_credits_of_others_are_told_from_our_own(tmp_path: Path, ledger: Ledger):
    """By the process that the ledger names; another account's, told by its address, do not count."""
    session(ledger, "ours", 50, cost=1.0)
    session(ledger, "by-hand", 60, cost=3.0)
    session(ledger, "of an earlier version", 61, cost=None)
    session(ledger, "running", 62, cost=None, rate=1.0, over=False)
    session(ledger, "killed", 64, cost=None, rate=1.0)
    session(ledger, "other-account", 63, cost=9.0, api_url="http://127.0.0.1:1")
    clock = Clock()
    seen = Elsewhere(ledger.path, ours(tmp_path, 50), api_url=API, now=clock)

    assert seen.credits_since(NOON - 60) == 3.0 + 2.0 + 1.0 + 1.0
    clock.at += 61
    assert seen.credits_since(NOON - 60) == 3.0 + 2.0 + 2.0 + 1.0, "the open one is in its second minute"
    assert seen.credits_since(NOON + 60) == 0.0


def test_customers_sessions_are_those_that_are_not_our_checks(tmp_path: Path, ledger: Ledger):
    """A check by hand is nobody we may push aside either."""
    session(ledger, "ours", 50, cost=None, over=False)
    session(ledger, "by-hand", 60, cost=None, over=False)
    active = ["session-ours", "session-by-hand", "customer-1", "customer-2"]
    seen = Elsewhere(ledger.path, ours(tmp_path, 50), api_url=API, active=lambda: active, now=Clock())
    deaf = Elsewhere(ledger.path, Database(tmp_path / "w.sqlite3"), active=lambda: None, now=Clock())

    assert seen.foreign_sessions() == 3
    assert deaf.foreign_sessions() is None


def test_no_ledger_is_no_trouble(tmp_path: Path):
    """Before the first check there is none."""
    seen = Elsewhere(tmp_path / "none.sqlite3", ours(tmp_path, 1))

    assert seen.credits_since(0.0) == 0.0


def test_old_evidence_goes_and_nothing_else_does(tmp_path: Path):
    """The newest folders of each target stay, failures longer; what we did not make is never touched."""
    clock, root = Clock(), tmp_path / "evidence"
    settings = config(evidence={"directory": str(root), "keep": 2}, keep_history="1h")
    rounds = watcher(tmp_path / "w.sqlite3", clock, [target("a"), target("a b")], settings)
    kept = {"mine", "2026-03-01T120000Z-a", "2026-03-01T120000Z-other-000001"}
    for name in kept:
        (root / name).mkdir(parents=True)
    for verdict in ["healthy"] * 5 + ["unhealthy"]:
        turn = rounds.start_due()
        while not turn.started:
            clock.at = turn.wake_at
            turn = rounds.start_due()
        run = turn.started[0]
        evidence_folder(root, run.target.name, run.token, clock.at).mkdir()
        clock.at += 10
        rounds.finish(run, outcome(verdict))
    database = Database(tmp_path / "w.sqlite3")
    log = Log(io.StringIO())
    camera = Camera(database, Leases(owner(1), alive=Machine()), settings, rounds.targets, now=clock)
    outbox = Outbox(database, {}, now=clock, log=log)
    chores = Chores(settings, database, rounds.targets, outbox=outbox, camera=camera, log=log, now=clock)
    chores()
    names = {each.name for each in root.iterdir()}
    clock.at += TIDY_EVERY_S
    chores()
    today = len(rows(tmp_path / "w.sqlite3", "SELECT * FROM runs"))
    clock.at += 3 * 86400.0
    chores()

    assert kept <= names
    assert len([n for n in names if "-a-0" in n]) <= 3
    assert len([n for n in names if "-a-b-0" in n]) <= 3
    assert any(n.endswith("000006") for n in names), "the failure"
    assert not any(n.endswith("000001") and "other" not in n for n in names)
    assert today == 6, "the budget adds them up"
    assert rows(tmp_path / "w.sqlite3", "SELECT * FROM runs") == []


def test_the_command_is_the_one_that_people_type():
    """With what was set aside as the most it may cost."""
    plain = health_check(target(), "regular", Path("/e/1"))
    long = health_check(target(long=LongCheck()), "long", Path("/e/1"))
    free = health_check(target(sandbox=True), "regular", Path("/e/1"))

    assert " ".join(plain[1:]) == (
        "-m liveavatar_ops.health check --stack dev --template dev/front-desk --depth video --json"
        " --evidence /e/1 --max-credits 2"
    )
    assert long[-4:] == ["--watch-for", "150", "--max-credits", "4"]
    assert "--max-credits" not in free


def test_folders_are_named_for_time_target_and_check():
    """So that they sort, and two never meet."""
    assert (
        evidence_folder(Path("/e"), "prod/Ünser Desk", 42, NOON).name
        == "2026-03-01T120000Z-prod-nser-desk-000042"
    )
    assert slug("///") == "target"


def missing(*gone: str):
    def load(name: str):
        if any(name.startswith(part) for part in gone):
            raise ImportError(name)
        raise AssertionError(f"{name} is not needed any more")

    return load


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("", "opentelemetry-exporter-otlp-proto-grpc"),
        ("http/protobuf", "opentelemetry-exporter-otlp-proto-http"),
        ("http/json", "OTEL_EXPORTER_OTLP_PROTOCOL may be grpc and http/protobuf"),
    ],
)
def test_otlp_without_opentelemetry_is_one_clear_line(protocol: str, said: str):
    """With what to install."""
    with pytest.raises(NoOpenTelemetry) as refused:
        start_otlp(lambda: None, protocol=protocol, load=missing("opentelemetry"))

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({}, "liveavatar-ops-watch"),
        ({"OTEL_SERVICE_NAME": "lobby"}, "lobby"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=lobby,team=desk"}, "lobby"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "team=desk"}, "liveavatar-ops-watch"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=hall", "OTEL_SERVICE_NAME": "lobby"}, "lobby"),
    ],
)
def test_the_standard_variables_name_the_service(monkeypatch, tmp_path: Path, env, name):
    """Ours is what is sent where they name none; their other attributes are sent either way."""
    export = pytest.importorskip("opentelemetry.sdk.metrics.export")
    for each in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(each, raising=False)
    for each, value in env.items():
        monkeypatch.setenv(each, value)
    out = io.StringIO()
    exporter = SimpleNamespace(OTLPMetricExporter=lambda: export.ConsoleMetricExporter(out=out))
    watcher(tmp_path / "w.sqlite3", Clock(), [target()], config())
    database = Database(tmp_path / "w.sqlite3")
    camera = Camera(database, Leases(owner(1), alive=Machine()), config(), [target()], now=Clock())
    otlp = start_otlp(
        camera.snapshot,
        protocol="grpc",
        load=lambda module: exporter if module == EXPORTERS["grpc"] else importlib.import_module(module),
    )
    otlp.flush()
    sent = json.JSONDecoder().raw_decode(out.getvalue())[0]["resource_metrics"][0]["resource"]["attributes"]
    otlp.close()

    assert sent["service.name"] == name
    assert sent.get("team") == ("desk" if "team=desk" in str(env) else None)


@pytest.mark.parametrize(
    ("env", "asked"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_METRICS_EXPORTER": "none"}, False),
    ],
)
def test_otlp_is_asked_for_by_the_standard_variables(env, asked):
    """No setting of our own."""
    assert otlp_asked_for(env) is asked


def test_the_log_is_for_people_or_for_machines():
    """The same facts in both; a line stays one line."""
    people, machines = io.StringIO(), io.StringIO()
    for log in (Log(people), Log(machines, as_json=True)):
        log.say("check.started", target="a", kind="confirm", run=3)
        log.say(
            "check.ended", target="a", run=3, verdict="unhealthy", cause="frozen", first_frame_s=1.25,
            credits=1.0, why="Still\nfor 12 s.", report="/e/report.html",
        )  # fmt: skip
        log.say("watcher.took_over", runs=[3, 4])
        log.say("watcher.janitor", said="desk (session-1, started): session session-1 stopped")
        log.say("target.changed", target="a", was="up", state="down")
        log.say("watcher.chore_failed", chore="textfile", why="/m/x.prom: no space left on device")
        log.say(
            "message.not_delivered", channel="slack:URL", why="It answered 500", attempt=2, given_up=False
        )
        log.say("something.else", a=1, b=None)
    said = [line[10:] for line in people.getvalue().splitlines()]

    assert said == [
        "a: check 3 started, to confirm",
        "a: unhealthy (frozen) · first frame after 1.2 s · 1 credit · Still for 12 s. · /e/report.html",
        "Took over from a watcher that is gone (checks 3, 4)",
        "Janitor: desk (session-1, started): session session-1 stopped",
        "a is down now; it was up",
        "The textfile of metrics cannot be written: /m/x.prom: no space left on device. It is tried again.",
        "slack:URL could not be told: It answered 500 (attempt 2, it is tried again)",
        "something.else: a 1",
    ]
    assert [json.loads(line)["event"] for line in machines.getvalue().splitlines()] == [
        "check.started", "check.ended", "watcher.took_over", "watcher.janitor", "target.changed",
        "watcher.chore_failed", "message.not_delivered", "something.else",
    ]  # fmt: skip


def test_a_memory_of_the_earlier_layout_goes_on(tmp_path: Path):
    """States and history survive a new version of the watcher."""
    path = tmp_path / "w.sqlite3"
    run = watcher(path, Clock(), [target()], config()).start_due().started[0]
    with Database(path).writing() as db:
        db.execute("ALTER TABLE runs DROP COLUMN report")
        db.execute("PRAGMA user_version = 1")
    again = watcher(path, Clock(), [target()], config())

    assert again.finish(run, outcome(report="/e/report.html"))
    assert rows(path, "SELECT report FROM runs") == [{"report": "/e/report.html"}]


@pytest.mark.parametrize("trouble", ["folder", "newer", "not a database"])
def test_an_unusable_memory_is_one_line_with_what_to_do(tmp_path: Path, trouble: str):
    """No traceback, no silent new file."""
    path = tmp_path / "w.sqlite3"
    if trouble == "folder":
        path.mkdir()
    elif trouble == "not a database":
        path.write_bytes(b"no database at all, but long enough to be looked at" * 50)
    else:
        database = Database(path)
        database.prepare()
        with database.writing() as db:
            db.execute("PRAGMA user_version = 99")
        database.close()
    with pytest.raises(StoreError) as refused:
        Database(path).prepare()

    assert "LIVEAVATAR_OPS_STATE" in str(refused.value)
    assert "\n" not in str(refused.value)
