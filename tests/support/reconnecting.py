"""
A viewer that looks as a check does and has its connection broken on purpose, in a process of its own.

`python -m tests.support.reconnecting` reads one JSON line (`url`, `token`, `scenario`: the name of one of
LiveKit's simulated scenarios without `SIMULATE_`) and answers with one: the facts of the room, and how many
frames had come before the break and at the end.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.frames import RoomWatch
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.notebook import Notebook
from liveavatar_ops.health.probe import AFTER_THE_END_S
from liveavatar_ops.health.senses import Senses
from livekit import rtc

PATIENCE_S = 60.0
ENOUGH = 20  # frames


def broken(url: str, token: str, scenario: str) -> dict[str, Any]:
    """Watch, break the connection, watch on (or until the room is over); what was noted."""
    job = {"url": url, "token": token, "scenario": scenario}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.reconnecting"],
        input=json.dumps(job) + "\n",
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


async def _watch(job: dict[str, str]) -> dict[str, Any]:
    notes = Notebook(TargetFacts(name="reconnecting", depth=Depth.VIDEO))
    senses = Senses(Limits(), 12)
    room = RoomWatch(notes, on_frame=senses.see, on_sound=senses.hear)
    await room.join(job["url"], job["token"], within_s=PATIENCE_S)
    await _until(lambda: room.frames >= ENOUGH)
    before = room.frames
    await room.room.simulate_scenario(rtc.SimulateScenarioKind.Value(f"SIMULATE_{job['scenario']}"))

    def over() -> bool:
        """As long as a check waits: the SDK empties the room a moment before it says that it joins anew."""
        return room.over_s is not None and notes.now_s() > room.over_s + AFTER_THE_END_S

    await _until(lambda: over() or "reconnecting_s" in notes.room)
    after = room.frames
    await _until(lambda: over() or room.frames >= after + ENOUGH)
    found = {"room": dict(notes.room), "before": before, "frames": room.frames}
    await room.leave()
    return found


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not done():
            await asyncio.sleep(0.05)


def _main() -> None:
    found = asyncio.new_event_loop().run_until_complete(_watch(json.loads(sys.stdin.readline())))
    sys.stdout.write(json.dumps(found, default=str) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the SDK can abort an interpreter that ends normally


if __name__ == "__main__":
    _main()
