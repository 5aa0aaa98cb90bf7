"""
How this package speaks to an operator: one line, three sentences, and never a secret value.

Shared by the errors of LiveAvatar's API, of AWS and of the settings.
"""

import base64
import difflib
import html
import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
LONGEST_QUOTE = 400
"""Characters of a server's answer that an error quotes; more hides the sentence that says what to do."""

SHORTEST_FRAGMENT = 12
"""A server may echo a value cut short; a run of this many characters of it still gives it away."""

MOST_TOLD = 20
"""Mistakes of one file that are told; nobody reads a list that scrolls away."""

_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_OPENAI_KEY = re.compile(r"\bsk-[\w-]{16,}")


def one_line(what: str, why: str = "", next_step: str = "") -> str:
    """Join what did not happen, why, and what to do next into one line that ends in a full stop."""
    parts = (" ".join(part.split()) for part in (what, why, next_step))
    return " ".join(part if part[-1] in ".?!" else part + "." for part in parts if part)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """
    Take every secret value out of a text, also where it is escaped, encoded or cut short.

    Session tokens and OpenAI keys are recognised by their shape as well, so that a value nobody announced
    does not pass either.
    """
    for secret in sorted({s for s in secrets if s}, key=len, reverse=True):
        for form in _written_forms(secret):
            text = text.replace(form, REDACTED)
        text = _without_fragments(text, secret)
    return _OPENAI_KEY.sub(REDACTED, _JWT.sub(REDACTED, text))


def clean(text: str) -> str:
    """
    A text that every file and terminal takes; what is no character (half a surrogate pair, controls but tab
    and line ends, what XML forbids) becomes �.
    """
    return _UNWRITABLE.sub("\ufffd", text)


def shorten(text: str, limit: int = LONGEST_QUOTE) -> str:
    """Clean and cut a text that was scrubbed already; cutting first could leave half a secret at the end."""
    flat = clean(" ".join(text.split()))
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def closest(wrong: str, known: Collection[str]) -> str:
    """A question that names the nearest known word, or nothing: `did you mean 'voice'?`."""
    near = difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def few(problems: Sequence[str], more: Callable[[int], str] = lambda left: f"and {left:,} more") -> list[str]:
    """The first MOST_TOLD of them, and a line that says how many are left."""
    left = len(problems) - MOST_TOLD
    return [*problems[:MOST_TOLD], more(left)] if left > 0 else list(problems)


def _written_forms(secret: str) -> Iterable[str]:
    raw = secret.encode()
    yield secret
    yield json.dumps(secret)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield html.escape(secret)
    yield base64.b64encode(raw).decode()
    yield base64.urlsafe_b64encode(raw).decode()
    yield repr(secret)[1:-1]


def _without_fragments(text: str, secret: str) -> str:
    kept: list[str] = []
    at = 0
    while at < len(text):
        end = at + SHORTEST_FRAGMENT
        if end > len(text) or text[at:end] not in secret:
            kept.append(text[at])
            at += 1
            continue
        while end < len(text) and text[at : end + 1] in secret:
            end += 1
        kept.append(REDACTED)
        at = end
    return "".join(kept)
