"""
Which signals ask a command to end.

A command may be started to ignore SIGHUP (`nohup`) or SIGINT (in the background of a script, whose Ctrl-C is
not meant for it): whoever did so is obeyed.
"""

import signal

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heeded() -> tuple[signal.Signals, ...]:
    """Those of ENDING that this process was not started to ignore; always SIGTERM, which nobody means so."""
    return tuple(
        number
        for number in ENDING
        if number is signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN
    )
