"""
Reads what LiveAvatar answered: the envelope, its errors, and what is neither. Pure.

Success is an envelope with code 1000 (LiveAvatar API facts §1.2). Errors come as an envelope, as FastAPI's
`detail`, or as something that is not LiveAvatar's at all (§1.3); `fold` makes one error of the three.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pulumi_liveavatar.api.errors import LiveAvatarError, ServerFault, Unreadable, refusal
from pulumi_liveavatar.text import scrub, shorten

SUCCESS = 1000
STARLETTE_UNKNOWN_PATH = "Not Found"


@dataclass(frozen=True)
class Answer:
    """What came back, as far as it matters. Header names in lower case."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


def data_of(what: str, answer: Answer, *, hide: Iterable[str]) -> Any:
    """The envelope's `data`; raises the fitting LiveAvatarError, scrubbed of everything in `hide`."""
    good = 200 <= answer.status < 300
    if good and not answer.text.strip():
        return None
    body = _parsed(answer.text)
    if good and isinstance(body, dict) and body.get("code") == SUCCESS:
        return body.get("data")
    raise fold(what, answer, body, hide=hide)


def fold(what: str, answer: Answer, body: Any, *, hide: Iterable[str]) -> LiveAvatarError:
    """One error out of an answer that is not a success; `what` says what did not happen."""
    hidden = tuple(hide)
    said = _said(body)
    if said is None:
        return _foreign(what, answer, hidden)
    code = body.get("code") if isinstance(body.get("code"), int) else None
    kind = refusal(answer.status, code)
    number = str(answer.status) if code in (None, answer.status) else f"{answer.status}/{code}"
    return kind(
        what,
        why=f"It answered {shorten(number, 24)}: {shorten(scrub(said, hidden))}",
        status=answer.status,
        code=code,
        retry_after_s=retry_after(answer.headers),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """
    Seconds to wait, from a number or from an HTTP date; None when absent or unreadable.

    A date is taken relative to the answer's own `Date`, so a wrong clock on this machine does no harm.
    """
    asked = headers.get("retry-after", "").strip()
    if not asked:
        return None
    if asked.isascii() and asked.replace(".", "", 1).isdigit():
        return float(asked)
    until, now = _moment(asked), _moment(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # the latter: nested deeper than anything that LiveAvatar sends
        return None


def _said(body: Any) -> str | None:
    """What the server said, or None when the body is not shaped like anything LiveAvatar sends."""
    if not isinstance(body, dict):
        return None
    detail = body.get("detail")
    if isinstance(detail, list) and detail:
        return "; ".join(_detail(entry) for entry in detail)
    if isinstance(detail, str) and detail != STARLETTE_UNKNOWN_PATH:
        return detail
    if "code" not in body and "message" not in body and "error" not in body:
        return None
    listed = [e["message"] for e in _entries(body.get("data")) if isinstance(e.get("message"), str)]
    for candidate in ("; ".join(listed), body.get("error"), body.get("message")):
        if isinstance(candidate, str) and candidate:
            return candidate
    return "no reason was given"


def _detail(entry: Any) -> str:
    """`body.temperature: Input should be …`; the entry's own `input` is never quoted."""
    if not isinstance(entry, dict):
        return "an unreadable detail"
    loc = entry.get("loc")
    place = ".".join(str(part) for part in loc) if isinstance(loc, list) else ""
    return f"{place}: {entry.get('msg', 'invalid')}" if place else str(entry.get("msg", "invalid"))


def _entries(data: Any) -> Iterable[dict[str, Any]]:
    return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []


def _foreign(what: str, answer: Answer, hide: Iterable[str]) -> LiveAvatarError:
    """
    Not LiveAvatar's own words. A foreign 404 must not pass for "gone": with a wrong address every object
    would be dropped from the state.
    """
    kind = refusal(answer.status)
    quoted = shorten(scrub(answer.text, hide), 120) or "nothing"
    why = f"It answered {answer.status} with what is not LiveAvatar's envelope: {quoted}"
    if issubclass(kind, ServerFault) or answer.status in {401, 403, 429}:
        return kind(what, why=why, status=answer.status, retry_after_s=retry_after(answer.headers))
    return Unreadable(what, why=why, status=answer.status)
