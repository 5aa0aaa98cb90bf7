"""The supervisor of avatar workers, with workers that are a few lines long."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from liveavatar_emulator.jobs import Job, JobAvatar, JobVideo
from liveavatar_emulator.workers import Workers
from tests.support.emulator import descendants, wait_gone

# Says what it was told, and obeys "stop" as a worker should.
POLITE = """
import json, sys
print(json.dumps({"event": "ready"}), flush=True)
job = json.loads(sys.stdin.readline())
print("this is not JSON", flush=True)
print(json.dumps({"event": "joined", "job": job}), flush=True)
for line in sys.stdin:
    print(json.dumps({"event": "told", "what": json.loads(line)}), flush=True)
    if json.loads(line)["command"] == "stop":
        break
"""
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"event": "joined"}', flush=True)
time.sleep(600)
"""
CRASHING = "import sys; sys.exit('out of paint: ' + sys.stdin.readline())"

Scene = Callable[[Workers, "Notes"], Awaitable[None]]


class Notes:
    """What the workers reported."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, object]]] = []
        self.gone: list[str] = []
        self.changed = asyncio.Event()

    async def event(self, session_id: str, event: Mapping[str, object]) -> None:
        """Note an event."""
        self.events.append((session_id, event))
        self.changed.set()

    async def lost(self, session_id: str) -> None:
        """Note a loss."""
        self.gone.append(session_id)
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to be noted."""
        async with asyncio.timeout(60):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def names(self) -> list[object]:
        """Names of the events so far."""
        return [event.get("event") for _, event in self.events]


def job(session_id: str) -> Job:
    """A job with nothing special."""
    return Job(
        session_id=session_id,
        livekit_url="ws://127.0.0.1:1",
        token="token-canary",
        avatar=JobAvatar(id="a", name="A", look="studio"),
        video=JobVideo(width=640, height=360, codec="H264"),
        context=None,
        openai=None,
        faults=[],
        max_session_duration=60,
    )


def play(script: str, scene: Scene) -> None:
    """Run a scene with workers of this script, and end them."""

    async def run() -> None:
        notes = Notes()
        command = [sys.executable, "-c", script]
        patience_s = 1 if script is STUBBORN else 60
        workers = Workers(notes.event, notes.lost, command=command, stops_within_s=patience_s)
        try:
            await scene(workers, notes)
        finally:
            await workers.shut()

    asyncio.run(run())


def test_a_job_goes_in_and_events_come_out() -> None:
    """
    The worker gets its job and its commands, each one line; what is not JSON is passed over.
    """

    async def scene(workers: Workers, notes: Notes) -> None:
        await workers.open(job("one"))
        await workers.tell("one", {"command": "clear_faults"})
        await notes.until(lambda: "told" in notes.names())
        await workers.close("one", "USER_CLOSED")

        assert notes.names() == ["ready", "joined", "told", "told"]
        assert notes.events[1][1]["job"] == json.loads(job("one").model_dump_json())
        assert notes.events[3][1]["what"] == {"command": "stop", "reason": "USER_CLOSED"}
        assert notes.gone == []

    play(POLITE, scene)


def test_the_spare_is_the_next_to_go() -> None:
    """
    A worker kept warm takes the next job, so that nobody waits for a process to start.
    """

    async def scene(workers: Workers, notes: Notes) -> None:
        await workers.warm()
        spare = workers._spare
        assert spare is not None
        await workers.open(job("one"))

        assert workers.pids() == {"one": spare.pid}

    play(POLITE, scene)


def test_one_spare_is_kept_however_many_set_out_at_once() -> None:
    """
    Each session that begins asks for a new spare; two asked for at once would leave one that nobody ends.
    """

    async def scene(workers: Workers, notes: Notes) -> None:
        spares = [asyncio.create_task(workers.warm()) for _ in range(3)]
        await asyncio.gather(*(workers.open(job(name)) for name in ("one", "two")))
        await asyncio.gather(*spares, workers.warm())
        mine = set(workers.pids().values())

        assert workers._spare is not None
        assert descendants(os.getpid()) - before == mine | {workers._spare.pid}

    before = descendants(os.getpid())
    play(POLITE, scene)

    assert descendants(os.getpid()) - before == set()


def test_the_spare_asked_for_by_the_first_of_two_is_ended_with_the_rest() -> None:
    """
    Two sessions that begin in the same moment ask for one spare between them.
    """

    async def scene(workers: Workers, notes: Notes) -> None:
        await workers.open(job("one"))
        first = workers._warming
        await workers.open(job("two"))

        assert workers._warming is first

    play(POLITE, scene)


def test_a_command_for_a_worker_that_is_starting_is_heard() -> None:
    """
    What befalls a session between its start and its worker's comes right after the job.
    """

    async def scene(workers: Workers, notes: Notes) -> None:
        opening = asyncio.create_task(workers.open(job("one")))
        await asyncio.sleep(0)  # it is on its way, and no process can be there yet
        assert workers.pids() == {}
        await workers.tell("one", {"command": "clear_faults"})
        await opening
        await notes.until(lambda: "told" in notes.names())

        assert notes.names() == ["ready", "joined", "told"]
        assert notes.events[2][1]["what"] == {"command": "clear_faults"}

    play(POLITE, scene)


def test_a_crash_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    """
    A worker that ends uncalled is reported gone with its last words, and commands to it do no harm.
    """

    async def scene(workers: Workers, notes: Notes) -> None:
        await workers.open(job("one"))
        await notes.until(lambda: bool(notes.gone))
        await workers.tell("one", {"command": "clear_faults"})
        await workers.close("one", "USER_CLOSED")

        assert notes.gone == ["one"]

    play(CRASHING, scene)

    assert "exit=1 last words: out of paint" in caplog.text
    assert "token-canary" not in caplog.text


def test_a_worker_that_does_not_come_back_is_ended() -> None:
    """
    Deaf to the command, to the end of its input and to SIGTERM: it is killed, and not reported as lost.
    """

    async def scene(workers: Workers, notes: Notes) -> None:
        await workers.open(job("one"))
        await notes.until(lambda: "joined" in notes.names())
        pids = set(workers.pids().values())
        await workers.close("one", "USER_CLOSED")

        assert wait_gone(pids, within_s=0) == set()
        assert notes.gone == []

    play(STUBBORN, scene)


@pytest.mark.parametrize("key", ["LIVEAVATAR_EMULATOR_API_KEY", "LIVEAVATAR_EMULATOR_OPENAI_KEYS"])
def test_the_emulators_keys_stay_with_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A worker's environment holds none of the emulator's keys; it gets the one it needs in its job.
    """
    monkeypatch.setenv(key, "canary")

    async def scene(workers: Workers, notes: Notes) -> None:
        await workers.open(job("one"))
        await notes.until(lambda: "joined" in notes.names())
        pid = workers.pids()["one"]

        assert b"canary" not in Path(f"/proc/{pid}/environ").read_bytes()

    play(POLITE, scene)


def test_a_proxy_does_not_stand_between_an_avatar_and_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The room is on this machine and the SDK knows no exceptions; the way to OpenAI, by HTTPS_PROXY, stays.
    """
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://{name.replace('_', '-')}.example")

    async def scene(workers: Workers, notes: Notes) -> None:
        await workers.open(job("one"))
        await notes.until(lambda: "joined" in notes.names())
        told = Path(f"/proc/{workers.pids()['one']}/environ").read_bytes()

        assert b"HTTP-PROXY" not in told
        assert b"http-proxy" not in told
        assert b"HTTPS-PROXY" in told

    play(POLITE, scene)
