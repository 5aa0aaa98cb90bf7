"""
The child process of a check: does it once, leaves facts in a file, and stops what it started.

Run by `python -m liveavatar_ops.health.child`; the job comes as the first line of standard input, and
the end of that input means that the parent is gone. Its own exit code means nothing: the LiveKit SDK
can abort an interpreter that ends normally and can send SIGTERM to its own process (video health
facts §0), so it leaves by `os._exit` once the facts are on disk.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, TypeVar

from liveavatar_ops.health.api_side import ApiSide
from liveavatar_ops.health.arrivals import Arrivals
from liveavatar_ops.health.conversing import Asked, conversation_facts
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.files import write_whole
from liveavatar_ops.health.frames import RoomNotJoined, RoomWatch
from liveavatar_ops.health.host import Lag, between, host_facts, read_cpu, watch_loop
from liveavatar_ops.health.job import FACTS_FILE, PARTIAL_FILE, PICTURES_FILE, Job
from liveavatar_ops.health.ledger import Ledger, LedgerError
from liveavatar_ops.health.notebook import Notebook, StepRefused
from liveavatar_ops.health.places import why_of
from liveavatar_ops.health.receiver_stats import ice_path, network_facts, rows_of
from liveavatar_ops.health.recording import Spool
from liveavatar_ops.health.senses import Senses
from liveavatar_ops.health.talking import NO_LONGER, cut_off, talk
from liveavatar_ops.health.thumbnails import save
from pulumi_liveavatar.api.sessions import Started
from pulumi_liveavatar.settings import Settings, load_settings

Answer = TypeVar("Answer")
POLL_S = 0.05
CALM_POLL_S = 0.2  # while only time has to pass: each waking of the loop costs
KEEP_ALIVE_EVERY_S = 60.0
ROOM_END_MARGIN_S = 2.0
STATS_WITHIN_S = 3.0
AFTER_THE_END_S = 1.0  # frames still on their way when the avatar left


class Probe:
    """One check in this process."""

    def __init__(self, job: Job, settings: Settings, say: Callable[[str], None]) -> None:
        self._job = job
        self._say = say
        self._notes = Notebook(job.target, job.api_url)
        self._ledger = Ledger(job.ledger)
        self._api = ApiSide(job, self._notes, self._ledger, settings)
        self._senses: Senses | None = None
        self._spool: Spool | None = None
        self._room: RoomWatch | None = None
        self._asked: Asked | None = None
        self._wish: asyncio.Future[str] | None = None
        self._arrivals = Arrivals(self._notes.now_s)

    async def run(self) -> None:
        """Do the check, stop the session, write the facts. Never raises."""
        loop = asyncio.get_running_loop()
        self._wish = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self.wish, f"the probe process was told to end ({number.name})")
        threading.Thread(target=self._listen_to_parent, args=(loop,), daemon=True).start()
        steps = asyncio.create_task(self._steps())
        either: set[asyncio.Future[Any]] = {steps, self._wish}
        await asyncio.wait(either, timeout=self._job.steps_take_s, return_when=asyncio.FIRST_COMPLETED)
        if not steps.done():
            late = f"the check was not done after {self._job.steps_take_s:.0f} s"
            self._notes.probe_failure = self._wish.result() if self._wish.done() else late
            steps.cancel()
        await self._note_end_of(steps)
        await self._close()

    def wish(self, why: str) -> None:
        """Ask the check to end early; the first reason counts."""
        if self._wish is not None and not self._wish.done():
            self._wish.set_result(why)

    def _listen_to_parent(self, loop: asyncio.AbstractEventLoop) -> None:
        said = sys.stdin.readline()
        why = "the check was interrupted" if said.strip() else "the process that asked for the check is gone"
        loop.call_soon_threadsafe(self.wish, why)

    async def _note_end_of(self, steps: "asyncio.Task[None]") -> None:
        try:
            await steps
        except (StepRefused, RoomNotJoined, asyncio.CancelledError):
            pass
        except LedgerError as why:
            self._notes.probe_failure = str(why)
        except Exception as broken:  # noqa: BLE001 -- whatever broke, the session must still be stopped
            self._notes.probe_failure = f"the probe broke: {type(broken).__name__}: {broken}"

    async def _steps(self) -> None:
        depth = self._job.target.depth
        self._phase("look")
        await in_thread(self._api.look)
        if not depth.includes(Depth.SESSION):
            return
        self._phase("open")
        started = await in_thread(self._api.open)
        if depth.includes(Depth.VIDEO):
            await self._visit(started)

    async def _visit(self, started: Started) -> None:
        limits = self._job.limits
        self._phase("join")
        talks = self._job.target.depth.includes(Depth.CONVERSATION)
        self._spool = Spool(self._job.workdir) if self._job.record else None
        senses = self._senses = Senses(limits, self._job.keep_pictures, keep_mouth=talks, spool=self._spool)
        room = self._room = RoomWatch(self._notes, on_frame=senses.see, on_sound=senses.hear)
        lag, first_reading = Lag(), read_cpu()
        ticking = asyncio.create_task(watch_loop(lag, self._notes.now_s))
        keeping = asyncio.create_task(self._keep_alive())
        counting = asyncio.create_task(self._arrivals.count(lambda: room.video_track))
        try:
            token = started.livekit_client_token.get_secret_value()
            await room.join(started.livekit_url, token, within_s=limits.connect_deadline_s)
            await self._watch(room, senses, self._room_ends_at(started))
        finally:
            self._notes.room.setdefault("watched_until_s", round(self._notes.now_s(), 4))
            for task in (ticking, keeping, counting):
                task.cancel()
            room.stop_reading()
            use = between(first_reading, read_cpu())
            self._notes.host = host_facts(
                lag, use, backlog_max=senses.pipe.backlog_max, frames_dropped=senses.pipe.unseen
            )

    async def _watch(self, room: RoomWatch, senses: Senses, room_ends_s: float) -> None:
        limits = self._job.limits
        since = self._notes.now_s()
        self._phase("avatar")
        await self._until(room, room_ends_s, since + limits.avatar_deadline_s, lambda: room.avatar_seen)
        if room.avatar_seen:
            since = self._notes.now_s()
            by = since + limits.video_deadline_s
            await self._until(room, room_ends_s, by, lambda: room.first_frame_s is not None)
        if room.first_frame_s is not None:
            self._phase("watch")
            until = room.first_frame_s + limits.watch_s
            talking = asyncio.create_task(self._talk(room, senses))
            await self._until(room, room_ends_s, until, lambda: False, every_s=CALM_POLL_S)
            if until > room_ends_s and room.over_s is None:
                watched_s = max(room_ends_s - room.first_frame_s, 0.0)
                self._notes.notes.append(
                    f"watched for {watched_s:.0f} s of {limits.watch_s:g} s: {NO_LONGER}"
                )
            await self._until(room, room_ends_s, self._job.steps_take_s, talking.done)
            left = self._notes.now_s() >= room_ends_s
            if talking.done():
                talking.result()  # a fault of ours must not pass for silence
            elif left or room.over_s is not None:  # else our own time ran out, which is no short session
                cut_off(self._notes, left=left)
            talking.cancel()
            longer = until + limits.watch_longer_s
            await self._until(room, room_ends_s, longer, lambda: not senses.undecided_s(self._notes.now_s()))
        await self._note_network(room)

    async def _talk(self, room: RoomWatch, senses: Senses) -> None:
        """Depth conversation: ask and listen, beside the watching."""
        if not self._job.target.depth.includes(Depth.CONVERSATION):
            return
        self._asked = await talk(
            room.room, senses.speech, self._notes, self._job.limits, begun=partial(self._phase, "talk")
        )

    async def _until(
        self,
        room: RoomWatch,
        room_ends_s: float,
        by_s: float,
        done: Callable[[], bool],
        *,
        every_s: float = POLL_S,
    ) -> None:
        ends_s = min(by_s, room_ends_s)
        while not done() and (now_s := self._notes.now_s()) < ends_s:
            if room.over_s is not None and now_s > room.over_s + AFTER_THE_END_S:
                return
            await asyncio.sleep(min(every_s, ends_s - now_s))

    def _room_ends_at(self, started: Started) -> float:
        """Leave before the session's own end, which would look like an avatar that left, and in budget."""
        begun = self._notes.facts().step("start")
        longest_s = self._notes.target.max_session_duration_s
        known = (started.max_session_duration, longest_s, self._job.leave_after_s)
        ends = [end for end in known if end is not None]
        if begun is None or not ends:
            return float("inf")
        return begun.started_s + max(min(ends) - ROOM_END_MARGIN_S, 1.0)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_EVERY_S)
            await in_thread(self._api.keep_alive)

    async def _note_network(self, room: RoomWatch) -> None:
        """Receiver statistics, while the room is still there; without them the check is no worse."""
        with contextlib.suppress(TimeoutError, RuntimeError):
            async with asyncio.timeout(STATS_WITHIN_S):
                video = rows_of(await room.video_track.get_stats()) if room.video_track else []
                audio = rows_of(await room.audio_track.get_stats()) if room.audio_track else []
                session = await room.room.get_rtc_stats()
                watched = self._notes.now_s() - (room.first_frame_s or self._notes.now_s())
                arrivals = self._arrivals.series()
                network = network_facts(video, audio, watched_s=watched, arrivals=arrivals)
                self._notes.extra["network"] = network
                paths = rows_of(session.subscriber_stats) + rows_of(session.publisher_stats)
                self._notes.room["path"] = ice_path(paths)

    async def _close(self) -> None:
        self._phase("stop")
        try:
            await in_thread(self._api.close)
        except Exception as broken:  # noqa: BLE001 -- the parent still has the ledger's row
            self._notes.probe_failure = f"stopping broke: {type(broken).__name__}: {broken}"
        if self._room is not None:
            await self._room.leave()
        if self._senses is not None:
            watched_until = self._notes.room.get("watched_until_s", self._notes.now_s())
            gone_s = self._room.gone_s if self._room is not None else None
            self._notes.extra |= await in_thread(partial(self._senses.close, watched_until, over_s=gone_s))
            if self._asked is not None:
                self._notes.extra["conversation"] = conversation_facts(
                    self._asked,
                    audio=self._senses.audio,
                    video=self._senses.video,
                    events=self._notes.events,
                    limits=self._job.limits,
                )
            save(self._job.workdir / PICTURES_FILE, self._senses.pictures)
            if self._spool is not None and self._spool.problem:
                self._notes.notes.append(self._spool.problem)
            if self._senses.pipe.failure:
                self._notes.probe_failure = f"looking at frames broke: {self._senses.pipe.failure}"
        write_whole(self._job.workdir / FACTS_FILE, self._notes.facts().model_dump_json())

    def _phase(self, name: str) -> None:
        self._say(name)
        write_whole(self._job.workdir / PARTIAL_FILE, self._notes.facts().model_dump_json())


async def in_thread(work: Callable[[], Answer]) -> Answer:
    """Run a blocking call; a cancelled wait still waits for it, or it could act after we cleaned up."""
    doing = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait({doing})
        raise


def leave_at(deadline_s: float) -> None:
    """End the process from a thread, whatever native code the main one is stuck in."""
    time.sleep(deadline_s)
    os._exit(75)


def speak_on_stdout() -> Callable[[str], None]:
    """One JSON line a phase to the parent; libraries that print get standard error instead."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def say(phase: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            out.write(json.dumps({"phase": phase}) + "\n")

    return say


def main() -> NoReturn:
    """Read the job, do it, leave without finalising the interpreter."""
    say = speak_on_stdout()
    code = 70
    try:
        job = Job.model_validate_json(sys.stdin.readline())
        threading.Thread(target=leave_at, args=(job.over_after_s,), daemon=True).start()
        settings = load_settings()
        loop = asyncio.new_event_loop()
        loop.run_until_complete(Probe(job, settings, say).run())
        code = 0
    except BaseException as broken:  # noqa: BLE001 -- the parent quotes the last line: it is all that is left
        sys.stderr.write(f"{why_of(broken)}\n")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
