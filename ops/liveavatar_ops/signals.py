"""
Which signals ask a command to end.

A command may be started to ignore SIGHUP (`nohup`) or SIGINT (in the background of a script, whose Ctrl-C is
not meant for it): whoever did so is obeyed.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heeded() -> tuple[signal.Signals, ...]:
    """Those of ENDING that this process was not started to ignore; always SIGTERM, which nobody means so."""
    return tuple(
        number
        for number in ENDING
        if number is signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN
    )


@contextmanager
def put_off() -> Iterator[None]:
    """
    Signals that would end the command wait until the block's end: what it begins is not cut in two.

    For the start of a child, whose process id must be known before anything may end it. Of a thread that
    is not the main one nothing is asked: signals do not reach it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.getsignal(name) for name in heeded()}
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


@contextmanager
def ended_at_once() -> Iterator[None]:
    """While a command is only loaded, Ctrl-C ends it as the system does: nothing was begun."""
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
