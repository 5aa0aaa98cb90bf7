"""State survives the process that made it, and belongs to one emulator at a time."""

import sqlite3
import stat
from pathlib import Path

import pytest

from liveavatar_emulator.store import StateUnusable, Store
from liveavatar_emulator.world import World
from tests.support.emulator_in_process import JUNE, desk


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    """
    Objects, credits, session tokens and history are there again, in the same order.
    """
    file = tmp_path / "state.db"
    first = desk(state=file)
    with first.http:
        secret = first.secret()
        context = first.context()
        first.context("second")
        minted, holder = first.minted(openai_realtime_config={"secret_id": secret, "context_id": context})
        first.call("PATCH", "/_emulator/account", {"credits": 7, "concurrency": 3})
        before = [first.data("GET", path) for path in ("/v1/secrets", "/v1/contexts", "/v1/users/credits")]
    first.world.secrets._records._db.close()

    second = desk(state=file)
    with second.http:
        assert [
            second.data("GET", path) for path in ("/v1/secrets", "/v1/contexts", "/v1/users/credits")
        ] == before
        second.data("POST", "/v1/sessions/start", key=False, headers=holder)
        job = second.studio.jobs[minted].openai
        assert job is not None
        assert job.api_key == "sk-test-value"
        assert second.world.account.concurrency == 3


def test_sessions_of_a_crash_are_ended(tmp_path: Path) -> None:
    """
    What was running when the emulator died is ended SERVER_ERROR by the next one, nothing else is touched.
    """
    store = Store(tmp_path / "state.db")
    world = World(store)
    running, waiting = (world.sessions.mint({"mode": "LITE", "avatar_id": JUNE}).id for _ in range(2))
    world.sessions.start(running)
    store.close()

    again = World(Store(tmp_path / "state.db"))
    ended = again.sessions.end_left_over()

    assert [(one.id, one.end_reason) for one in ended] == [(running, "SERVER_ERROR")]
    assert again.sessions.get(waiting).state == "minted"
    assert again.sessions.active() == []


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    """
    The file holds secret values: mode 0600, also when it was wider before.
    """
    file = tmp_path / "deep" / "state.db"
    Store(file).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)

    Store(file).close()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_emulators_do_not_share_a_file(tmp_path: Path) -> None:
    """
    The second one is told which file is in use and what to do.
    """
    file = tmp_path / "state.db"
    held = Store(file)

    with pytest.raises(
        StateUnusable, match="in use by another emulator; stop that one, name another --state"
    ):
        Store(file)
    held.close()


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at", None])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """
    Garbage, and a database of another version, are refused with the file's name.
    """
    file = tmp_path / "state.db"
    if content is not None:
        file.write_bytes(content * 50)
    else:
        with sqlite3.connect(file) as db:
            db.execute("PRAGMA user_version = 99")

    with pytest.raises(StateUnusable, match=str(file)):
        Store(file)
