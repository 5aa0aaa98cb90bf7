"""Runs a command as a program: with streams that hinder nothing, and one line for what nobody foresaw."""

import sys
from collections.abc import Callable

from liveavatar_ops import streams

HINDERED, INTERRUPTED = 2, 130


def run(command: Callable[[], object]) -> None:
    """Run it to its exit. An error of this machine that it did not meet itself is one line, and exit 2."""
    streams.make_usable()
    try:
        try:
            command()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:  # before a command has begun; each meets its own
        sys.exit(INTERRUPTED)
    except OSError as why:
        streams.say_aside(f"liveavatar-ops: {_words(why)}")
        streams.forget(sys.stdout)
        sys.exit(HINDERED)


def _words(why: OSError) -> str:
    if streams.is_of_output(why):
        return f"the output could not be written: {why.strerror}."
    from liveavatar_ops.health.places import where_and_why  # noqa: PLC0415 -- mostly nothing of it is needed

    return f"this machine did not let it be done: {where_and_why(why)}. `liveavatar-ops doctor` says more."
