"""Runs commands so that none outlives us."""

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from installer.problems import StepFailed

_TAIL = 15
_GRACE_S = 5.0
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(
    step: str,
    command: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """
    Runs a command and returns the lines it wrote (both streams); StepFailed if it ends badly.

    The command gets a process group of its own, which is ended with it: on an exception (Ctrl-C
    included) neither it nor what it started stays behind.
    """
    lines: list[str] = []
    tail: deque[str] = deque(maxlen=_TAIL)
    process = None
    try:
        with _signals_put_off():  # a process must be known before anything may end it
            process = _start(step, command, cwd, environ)
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.rstrip()
            lines.append(line)
            if line:
                tail.append(line)
            on_line(line)
        code = process.wait()
    finally:
        if process is not None:
            _end_group(process)
    if code:
        how = f"exit code {code}" if code > 0 else f"ended by {signal.Signals(-code).name}"
        raise StepFailed(step, f"{' '.join(command[:3])} … gave {how}", list(tail))
    return lines


def _start(step: str, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise StepFailed(step, f"{command[0]} could not be started: {error.strerror}") from None


@contextlib.contextmanager
def _signals_put_off() -> Iterator[None]:
    """
    Signals that would end us wait until the block's end.

    Handled, not blocked: the command would inherit a mask, and be deaf to Ctrl-C. A thread that is not the
    main one gets none.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        name: signal.getsignal(name) for name in _ENDING if signal.getsignal(name) is not signal.SIG_IGN
    }
    came: list[int] = []
    over = False

    def note(number: int, _frame: object) -> None:
        if over:  # left in its place by a signal that came just as the block ended: it does no harm
            signal.signal(number, before[signal.Signals(number)])
            signal.raise_signal(number)
        else:
            came.append(number)

    try:
        for name in before:
            signal.signal(name, note)
        yield
    finally:
        over = True
        for name, handler in before.items():
            signal.signal(name, handler)
        for number in came:
            signal.raise_signal(number)


def _end_group(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    _signal_group(process, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_S)
    # Whoever ignored the interrupt goes now; a child of the command may well have.
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[str], which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, which)
