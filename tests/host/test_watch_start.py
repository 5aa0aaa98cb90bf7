"""Real watcher processes: the janitor beside them, a port that another watcher has, a log without room."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import Owner, identity_of
from liveavatar_ops.health.verdicts import USAGE_EXIT_CODE
from liveavatar_ops.schedule.sweeping import JANITOR
from tests.host.test_watch import running
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import PUBLIC_AVATAR, settings_of
from tests.support.health import janitor as by_hand
from tests.support.ports import free_port
from tests.support.watch_world import PATIENCE_S, Process, World, fetch, wait_for, world

ATTEMPTS = 5


@pytest.fixture(scope="module")
def warm() -> Iterator[RunningEmulator]:
    with running_emulator(media=False) as emulator:
        yield emulator


def noted(made: World, *, then: str = "pass") -> Path:
    """The janitor writes down (watcher, itself) from now on, and does no more than `then`."""
    file = made.folder / "janitors.jsonl"
    file.touch()
    line = f"print([os.getppid(), os.getpid()], file=open({str(file)!r}, 'a'), flush=True)"
    made.janitor = [sys.executable, "-S", "-c", f"import os, time; {line}; {then}"]
    return file


def janitors(file: Path) -> list[list[int]]:
    return [json.loads(line) for line in file.read_text().splitlines() if line.endswith("]")]


def test_the_janitor_sweeps_at_the_start_and_after_a_takeover(tmp_path: Path):
    """Once for each: at both starts, and when the second watcher replaces the first."""
    with world(tmp_path, templates=("a",)) as made:
        file = noted(made)
        made.checks_are(lasts_s=300.0)
        one = made.watcher()
        wait_for(lambda: running(one, made), "a check of the first watcher")
        wait_for(lambda: janitors(file), "its janitor")
        two = made.watcher()
        wait_for(lambda: len(janitors(file)) == 2, "the second one's")
        one.end(signal.SIGKILL)
        wait_for(lambda: two.saw("watcher.took_over"), "the takeover")
        wait_for(lambda: len(janitors(file)) == 3, "the janitor after it")
        code = two.end()

        assert [parent for parent, _ in janitors(file)] == [one.child.pid, two.child.pid, two.child.pid]
        assert code == 0


def test_a_slow_janitor_holds_nothing_up(tmp_path: Path):
    """Checks begin, the page answers that all is well, and told to end the watcher ends it, too."""
    with world(tmp_path, templates=("a",)) as made:
        file = noted(made, then="time.sleep(600)")
        one = made.watcher()
        made.wait_for_rounds(2)
        [[_, pid]] = wait_for(lambda: janitors(file), "the janitor")
        healthy = fetch(one.url + "healthz")[0]
        code = one.end()

        assert (healthy, code) == (200, 0)
        assert one.saw("watcher.janitor_failed") == [], "it was ended, it did not run out of time"
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def dead() -> Owner:
    """A process that is no more."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as cat:
        return identity_of(cat.pid)


def leaked(emulator: RunningEmulator, ledger: Ledger) -> str:
    """A session that a killed check left open; its id."""
    session = opened(emulator)
    ledger.plan("leaked", target="desk", api_url=emulator.api_url, parent=dead(), deadline_at=9e9)
    ledger.minted("leaked", session)
    ledger.starting("leaked")
    ledger.started("leaked")
    return session


def opened(emulator: RunningEmulator) -> str:
    body = {"mode": "LITE", "avatar_id": PUBLIC_AVATAR}
    minted = emulator.call("POST", "/v1/sessions/token", body).json()["data"]
    bearer = {"Authorization": f"Bearer {minted['session_token']}"}
    emulator.call("POST", "/v1/sessions/start", headers=bearer).raise_for_status()
    return str(minted["session_id"])


def without_settings(made: World, emulator: RunningEmulator) -> None:
    """Key and address stand in the stack's config alone."""
    made.stack_config = {"liveavatar:apiKey": emulator.api_key, "liveavatar:apiUrl": emulator.api_url}
    made.env = {name: value for name, value in made.env.items() if name != "LIVEAVATAR_API_KEY"}
    made.env.pop("LIVEAVATAR_API_URL", None)


def test_the_janitor_has_the_key_of_the_stacks_config(emulator: RunningEmulator, tmp_path: Path):
    """The environment has none; what a killed check left open is stopped when the watcher starts."""
    with world(tmp_path, templates=("a",)) as made:
        without_settings(made, emulator)
        made.janitor = list(JANITOR)
        ledger = Ledger(made.state / "ledger.sqlite3")
        leak = leaked(emulator, ledger)
        one = made.watcher()
        wait_for(lambda: emulator.active_sessions() == [], "the end of the session")
        said = wait_for(lambda: one.saw("watcher.janitor"), "the janitor's word")

        assert any(leak in line["said"] and "stopped" in line["said"] for line in said), said
        assert ledger.open_rows() == []
        assert one.end() == 0
        assert emulator.api_key not in one._log.read_text()


def test_the_janitor_by_hand_takes_key_and_address_from_a_stack(emulator: RunningEmulator, tmp_path: Path):
    """`--stack`, as for a check: from its config where the environment has none."""
    held = {"liveavatar:apiKey": emulator.api_key, "liveavatar:apiUrl": emulator.api_url}
    settings = {name: {"value": value, "secret": False} for name, value in held.items()}
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    engine.write_text(f"#!/bin/sh\necho '{json.dumps(settings)}'\n")
    engine.chmod(0o755)
    env = settings_of(emulator, tmp_path / "state")
    del env["LIVEAVATAR_API_KEY"], env["LIVEAVATAR_API_URL"]
    beside = f"import sys; sys.executable = {str(engine)!r}"
    command = [sys.executable, "-c", f"{beside}; from liveavatar_ops.health.cli import app; app()"]
    ledger = Ledger(tmp_path / "state" / "ledger.sqlite3")
    leaked(emulator, ledger)
    without = by_hand(env)
    ended = by_hand(env, "--stack", "dev", command=command)

    assert (without.code, ended.code, ended.stderr) == (2, 0, "")
    assert "LIVEAVATAR_API_KEY" in without.stderr
    assert ledger.open_rows() == []


def test_no_check_takes_the_place_of_a_customer(emulator: RunningEmulator, tmp_path: Path):
    """With `account.concurrency` the service is asked, with the key that the stack's config holds."""
    with world(tmp_path, templates=("a",), account={"concurrency": 1}) as made:
        without_settings(made, emulator)
        customer = opened(emulator)
        asked_before = asked(emulator)
        one = made.watcher()
        wait_for(lambda: asked(emulator) >= asked_before + 3, "the watcher to ask three times")
        begun = made.notes
        emulator.call("POST", "/v1/sessions/stop", {"session_id": customer}).raise_for_status()
        made.wait_for_rounds(1)

        assert begun == []
        assert one.end() == 0


def asked(emulator: RunningEmulator) -> int:
    calls = emulator.admin("GET", "/calls")
    return sum(call["method"] == "GET" and call["path"] == "/v1/sessions" for call in calls)


def serving(made: World, *, out: Path | None = None, **config: Any) -> tuple[Process, int]:
    """A watcher that is at work and whose page has a port that we know, and the port."""
    for _ in range(ATTEMPTS):
        port = free_port()
        made.write_config(serve={"port": port}, **config)
        one = made.watcher(out=out)
        wait_for(lambda it=one: made.notes or it.child.poll() is not None, "its first check, or its end")
        if one.child.poll() != USAGE_EXIT_CODE:  # else somebody took the port before the watcher did
            return one, port
    raise AssertionError(f"no watcher began, at none of {ATTEMPTS} ports")


def test_a_spare_watcher_serves_the_page_when_its_port_is_free(tmp_path: Path):
    """Two with the same watch.yaml: one serves; when it is gone the other does. Both check."""
    with world(tmp_path, templates=("a", "b")) as made:
        one, port = serving(made)
        url = one.url
        two = made.watcher()
        [said] = wait_for(lambda: two.saw("watcher.chore_failed"), "the spare to say so")
        wait_for(lambda: two.saw("check.ended"), "a check of the spare")
        first = one.end()
        wait_for(lambda: two.saw("watcher.chore_works"), "the spare to serve")
        status = fetch(url)[0]
        started = two.saw("watcher.started")[0]
        second = two.end()

        assert (said["chore"], str(port) in said["why"]) == ("page", True)
        assert "page" not in started
        assert (first, status, second) == (0, 200, 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the full device is Linux's")
def test_a_log_without_room_ends_nothing(tmp_path: Path):
    """Every line is lost: all targets are checked, the metrics count the lines, the end is clean."""
    with world(tmp_path, templates=("a", "b")) as made:
        one, port = serving(made, out=Path("/dev/full"), account={"max_parallel": 1})
        made.wait_for_rounds(2)
        text = fetch(f"http://127.0.0.1:{port}/metrics")[2].decode()
        lost = float(text.partition("\nwatcher_log_lines_lost_total ")[2].split()[0])
        one.child.send_signal(signal.SIGTERM)

        assert one.child.wait(timeout=PATIENCE_S) == 0
        assert lost >= 4
