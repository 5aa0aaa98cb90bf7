"""`python -m liveavatar_emulator.worker`: imports first, so that a job finds a warm process."""

import asyncio
import json
import os
import sys
import threading
from typing import Any

from liveavatar_emulator.worker.job import BadLine, read_command, read_job
from liveavatar_emulator.worker.session import Session


def emit(event: dict[str, Any]) -> None:
    """One JSON line to the control plane; when nobody reads any more, there is nobody to tell."""
    try:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        os._exit(0)


def lines(loop: asyncio.AbstractEventLoop) -> asyncio.Queue[str | None]:
    """Lines of stdin as they come, then None: read in a thread, since stdin may be a file or a pipe."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            if line.strip():
                loop.call_soon_threadsafe(queue.put_nowait, line)
        loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    return queue


async def obey(session: Session, queue: asyncio.Queue[str | None]) -> None:
    """Commands until stdin ends, which means that the control plane is gone."""
    while (line := await queue.get()) is not None:
        try:
            session.take(read_command(line))
        except BadLine as error:
            emit({"event": "error", "message": str(error)})
    session.stop("SERVER_ERROR")


async def main() -> int:
    """One job; 0 when it ran, 2 when the job could not be read, 1 when the avatar broke."""
    queue = lines(asyncio.get_running_loop())
    emit({"event": "ready"})
    line = await queue.get()
    if line is None:
        return 0
    try:
        job = read_job(line)
    except BadLine as error:
        emit({"event": "error", "message": str(error)})
        return 2
    session = Session(job, emit)
    obeying = asyncio.ensure_future(obey(session, queue))
    try:
        reason = await session.run()
        code = 0
    except Exception as error:
        emit({"event": "error", "message": f"The avatar broke: {type(error).__name__}: {error}"})
        reason, code = session.end_reason, 1
    obeying.cancel()
    emit({"event": "ended", "reason": reason})
    return code


if __name__ == "__main__":
    # The LiveKit SDK may abort the interpreter as it shuts down (about one run in ten): leave at once.
    rc = asyncio.run(main())
    sys.stdout.flush()
    os._exit(rc)
