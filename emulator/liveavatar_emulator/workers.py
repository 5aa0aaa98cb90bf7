"""One avatar worker process a session, and one spare kept warm so that the next avatar comes at once."""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from liveavatar_emulator import settings
from liveavatar_emulator.jobs import Job

log = logging.getLogger(__name__)
WORKER = (sys.executable, "-m", "liveavatar_emulator.worker")
_LINE_LIMIT = 2**20
_SPARE_AFTER_S = 2.0
_KEPT_LINES = 5

OnEvent = Callable[[str, Mapping[str, object]], Awaitable[None]]
OnGone = Callable[[str], Awaitable[None]]


class Workers:
    """
    Starts, commands and ends workers.

    A worker reads one line of JSON (the job), then commands, and ends at the end of its input; it writes
    events, one line each. ``on_event`` gets them, ``on_gone`` is called when a worker ends uncalled.
    """

    def __init__(
        self,
        on_event: OnEvent,
        on_gone: OnGone,
        *,
        command: Sequence[str] = WORKER,
        stops_within_s: float = 5.0,
    ) -> None:
        self._on_event = on_event
        self._on_gone = on_gone
        self._command = command
        self._stops_within_s = stops_within_s
        self._spare: Process | None = None
        self._at_work: dict[str, Process] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._called_back: set[str] = set()
        self._coming: dict[str, list[Mapping[str, object]]] = {}
        self._one_spare = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None
        self._overheard: dict[int, asyncio.Task[str]] = {}

    async def warm(self, after_s: float = 0.0) -> None:
        """Start the spare, if there is none."""
        await asyncio.sleep(after_s)
        async with self._one_spare:
            if self._spare is None or self._spare.returncode is not None:
                self._spare = await self._launch()

    async def open(self, job: Job) -> None:
        """Send a worker into a session's room. OSError if no process can be started."""
        early = self._coming[job.session_id] = []
        try:
            worker = await self._take()
        finally:
            del self._coming[job.session_id]
        self._at_work[job.session_id] = worker
        self._readers[job.session_id] = asyncio.create_task(self._read(job, worker))
        await _write(worker, job.model_dump_json(), *map(json.dumps, early))
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self.warm(_SPARE_AFTER_S))

    async def tell(self, session_id: str, command: Mapping[str, object]) -> None:
        """Give a command to a session's worker; one that is still starting hears it right after its job."""
        worker = self._at_work.get(session_id)
        if worker is not None:
            await _write(worker, json.dumps(command))
        elif session_id in self._coming:
            self._coming[session_id].append(command)

    async def close(self, session_id: str, reason: str) -> None:
        """Call a session's worker back, and end it if it does not come."""
        worker = self._at_work.get(session_id)
        if worker is None:
            return
        reader = self._readers[session_id]
        self._called_back.add(session_id)
        await _write(worker, json.dumps({"command": "stop", "reason": reason}))
        await _end(worker, self._stops_within_s)
        await reader

    async def shut(self) -> None:
        """End them all."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        await asyncio.gather(*(self.close(session_id, "SERVER_ERROR") for session_id in list(self._at_work)))
        if self._spare is not None:
            await _end(self._spare, 0)

    def pids(self) -> dict[str, int]:
        """Process ids by session."""
        return {session_id: worker.pid for session_id, worker in self._at_work.items()}

    async def _take(self) -> Process:
        async with self._one_spare:  # a spare that is on its way comes sooner than one more
            spare, self._spare = self._spare, None
        if spare is not None and spare.returncode is None:
            return spare
        return await self._launch()

    async def _launch(self) -> Process:
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "liveavatar_emulator.guard",
            "become",
            str(os.getpid()),
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=_LINE_LIMIT,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the emulator; it calls its workers back in order
        )
        self._overheard[worker.pid] = asyncio.create_task(_overhear(worker))
        return worker

    async def _read(self, job: Job, worker: Process) -> None:
        session_id = job.session_id
        assert worker.stdout is not None
        while True:
            try:
                line = await worker.stdout.readline()
            except ValueError:  # a line beyond the limit: skipped by the reader
                continue
            if not line:
                break
            await self._hear(session_id, line)
        code = await worker.wait()
        del self._at_work[session_id], self._readers[session_id]
        last_words = _redacted(await self._overheard.pop(worker.pid), job)
        if session_id in self._called_back:
            self._called_back.discard(session_id)
            return
        log.warning("worker.gone id=%s exit=%s last words: %s", session_id, code, last_words)
        await self._on_gone(session_id)

    async def _hear(self, session_id: str, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict):
            await self._on_event(session_id, event)
        else:
            log.warning("worker.gibberish id=%s bytes=%s", session_id, len(line))


async def _write(worker: Process, *lines: str) -> None:
    assert worker.stdin is not None
    try:
        worker.stdin.write("".join(f"{line}\n" for line in lines).encode())
        await worker.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it is gone; its reader will say so


async def _end(worker: Process, patience_s: float) -> None:
    """Wait for a worker to end by itself, then close its input, then insist."""
    assert worker.stdin is not None
    for insist in (worker.stdin.close, worker.terminate, worker.kill):
        if await _ended(worker, patience_s):
            return
        insist()
        patience_s = 1.0
    await worker.wait()


async def _ended(worker: Process, within_s: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(worker.wait(), within_s)
    return worker.returncode is not None


async def _overhear(worker: Process) -> str:
    """The last lines of standard error, which matter only if the worker dies."""
    assert worker.stderr is not None
    lines: deque[str] = deque(maxlen=_KEPT_LINES)
    while chunk := await worker.stderr.read(4096):
        lines.extend(chunk.decode(errors="replace").splitlines())
    return " | ".join(lines)


def _redacted(text: str, job: Job) -> str:
    for secret in (job.token, job.openai.api_key if job.openai else ""):
        text = text.replace(secret, "[secret]") if secret else text
    return text


def _environment() -> dict[str, str]:
    """
    The environment without the emulator's keys: a worker gets the one it needs in its job.

    LiveKit's SDK takes HTTP_PROXY to a server on this very machine, whatever NO_PROXY says (seen in 1.2.1).
    """
    hidden = (settings.API_KEY, settings.OPENAI_KEYS, "HTTP_PROXY", "http_proxy")
    return {name: value for name, value in os.environ.items() if name not in hidden}
