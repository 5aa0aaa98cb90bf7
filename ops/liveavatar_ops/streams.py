"""
The command's own streams, made so that what it says never decides what it does.

A reader leaves the pipe, a terminal is closed, a disk is full, a stream was closed before the start, a
terminal has no sign for a letter: none of these ends a command or changes its exit code, but for a result
that is lost.
"""

import codecs
import contextlib
import io
import os
import sys
from typing import Any, TextIO

PLAIN = "liveavatar-plain"
PLAIN_SIGNS = {"✓": "+", "✗": "x", "…": "...", "–": "-", "→": ">", "·": "-", "≥": ">=", "≤": "<=", "×": "x"}
"""For streams that cannot show the others; what is not listed becomes a question mark."""


class Listener(io.TextIOWrapper):
    """Standard output. A reader that has read enough is no error."""

    unheard: OSError | None = None
    """Why nobody hears what is written from now on."""
    refused: OSError | None = None
    """What was raised last."""

    def write(self, text: str, /) -> int:
        """Write; without a reader into nowhere."""
        self._do(super().write, text)
        return len(text)

    def flush(self) -> None:
        """The same for what is buffered."""
        self._do(super().flush)

    def _do(self, what: Any, *given: str) -> None:
        try:
            what(*given)
        except OSError as why:
            if not self._forgives(why):
                self.refused = why
                raise
            self.unheard = why
            forget(self)

    def _forgives(self, why: OSError) -> bool:
        return isinstance(why, BrokenPipeError)


class Aside(Listener):
    """Standard error: it takes what it can, and nothing that happens to it is an error."""

    def _forgives(self, _why: OSError) -> bool:
        return True


def make_usable() -> None:
    """Open what was closed, and let what is written be written as far as it can be. Once, at the start."""
    for number in (0, 1, 2):
        _open_if_closed(number)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 -- for good
    sys.stdout = _as(Listener, sys.stdout, 1)
    sys.stderr = _as(Aside, sys.stderr, 2)


def forget(stream: TextIO) -> None:
    """Send what is still buffered for it nowhere, or the interpreter would complain when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def raise_if_unheard(stream: TextIO) -> None:
    """For those who must know whether somebody reads what they have just written."""
    if isinstance(stream, Listener) and stream.unheard is not None:
        raise stream.unheard


def is_of_output(why: OSError) -> bool:
    """Whether standard output is what an error came from."""
    return isinstance(sys.stdout, Listener) and why is sys.stdout.refused


def say_aside(sentence: str) -> None:
    """One line to standard error, if that takes it."""
    with contextlib.suppress(OSError, ValueError):  # ValueError: it was closed
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def _open_if_closed(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, number)
        os.set_inheritable(number, True)  # also where both are one
        if nowhere != number:
            os.close(nowhere)


def _as(kind: type[Listener], stream: TextIO | None, number: int) -> TextIO:
    if stream is None:
        nowhere = open(number, "wb", closefd=False)  # noqa: SIM115 -- for good
        return kind(nowhere, encoding="utf-8", errors=PLAIN)
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # of somebody who runs the command within a program, and reads what it says
    return kind(
        stream.buffer,
        encoding=stream.encoding,
        errors=PLAIN,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """A sign that says the same, and a byte that was no letter by its number."""
    assert isinstance(error, UnicodeEncodeError)
    letters = error.object[error.start : error.end]
    shown = (
        f"\\u{ord(letter):x}" if "\ud800" <= letter <= "\udfff" else PLAIN_SIGNS.get(letter, "?")
        for letter in letters
    )
    return "".join(shown), error.end


codecs.register_error(PLAIN, _plainly)
