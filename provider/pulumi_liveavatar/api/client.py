"""
One call to LiveAvatar's API, repeated where that is safe. The only module that imports httpx.

Repeating is bounded twice, by attempts and by total time, because Pulumi cannot cancel a provider's call:
the first Ctrl-C waits for it.
"""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import tenacity
from pydantic import SecretStr
from tenacity.stop import stop_base

from pulumi_liveavatar.api.answers import Answer, data_of
from pulumi_liveavatar.api.errors import (
    LiveAvatarError,
    NoWayOut,
    ServerFault,
    TooFast,
    Unreachable,
    Unreadable,
)
from pulumi_liveavatar.api.in_time import in_time
from pulumi_liveavatar.api.pages import PAGE_SIZE, all_pages
from pulumi_liveavatar.api.way_out import Unusable, unusable_proxy, why_it_stopped
from pulumi_liveavatar.settings import Settings
from pulumi_liveavatar.text import scrub, shorten

SAFE_TO_REPEAT = frozenset({"GET", "PATCH", "DELETE"})
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
LARGEST_ANSWER = 16 * 1024 * 1024
SANE_RETRY_AFTER_S = 30.0
OVERTIME_S = 1.0  # past the limit of each single wait, whose own error says more
USER_AGENT = "liveavatar-ops"

_back_off = tenacity.wait_random_exponential(multiplier=0.5, max=8)


def may_repeat(method: str, error: BaseException, *, harmless: bool = False) -> bool:
    """
    Whether the same call may be sent again after this error.

    A POST is repeated only when the server cannot have acted on it: repeating one that it did act on
    leaves an orphan that no state file knows of. `harmless` marks a POST whose second arrival changes
    nothing, such as stopping a session that is stopped.
    """
    safe = harmless or method in SAFE_TO_REPEAT
    match error:
        case TooFast():
            return True
        case Unreachable(sent=sent):
            return safe or not sent
        case ServerFault():
            return safe
        case _:
            return False


def pause_before(state: tenacity.RetryCallState) -> float:
    """Do as Retry-After says when it is sane; otherwise back off with full jitter."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, LiveAvatarError) and error.retry_after_s is not None:
        return error.retry_after_s
    return _back_off(state)


class LiveAvatarClient:
    """
    Thread-safe: Pulumi's provider host calls from four threads. Close it, or use it in a `with`.
    An environment that lets no call out is told by the first call, as whoever calls expects errors there.

    `transport` and `sleep` are seams for tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._log = _request_log() if settings.log == "debug" else None
        self._http = _open(settings, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if isinstance(self._http, httpx.Client):
            self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        bearer: SecretStr | None = None,
        hide: Iterable[str] = (),
        harmless: bool = False,
    ) -> Any:
        """
        Send, repeat if that is safe, return the envelope's `data`.

        `bearer` replaces the API key. `hide` are values to keep out of every error, on top of the API key
        and the bearer, which are always kept out. Raises LiveAvatarError.
        """
        hidden = (*hide, self._settings.api_key.get_secret_value())
        if bearer:
            hidden = (*hidden, bearer.get_secret_value())
        if isinstance(self._http, Unusable):
            raise NoWayOut(_what(method, path), why=self._http.sentence, next_step=self._http.cure)
        http = self._http
        request = http.build_request(
            method, path, json=body, params=params, headers=self._credentials(bearer)
        )
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: may_repeat(method, e, harmless=harmless)),
            wait=pause_before,
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(self._settings.max_attempts),
                tenacity.stop_before_delay(self._settings.give_up_after_s),
                _StopBeforeLongWait(),
            ),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._once, http, request, hidden)

    def pages(self, path: str, *, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every result of a paged list; Unreadable where its end cannot be told."""
        asked = {**(params or {}), "page_size": PAGE_SIZE}
        return all_pages(path, lambda number: self.call("GET", path, params={**asked, "page": number}))

    def _credentials(self, bearer: SecretStr | None) -> dict[str, str]:
        if bearer:
            return {"Authorization": f"Bearer {bearer.get_secret_value()}"}
        return {"X-API-KEY": self._settings.api_key.get_secret_value()}

    def _once(self, http: httpx.Client, request: httpx.Request, hide: Sequence[str]) -> Any:
        what = _what(request.method, request.url.path)
        started = time.monotonic()
        answer, failure = self._exchange(http, request, what, hide)
        took_ms = round((time.monotonic() - started) * 1000)
        self._note(request, answer, failure, took_ms)
        # Raised here, outside any `except`, so that no cause hangs on it that could quote the request.
        if failure:
            raise failure
        return data_of(what, answer, hide=hide)

    def _exchange(
        self, http: httpx.Client, request: httpx.Request, what: str, hide: Sequence[str]
    ) -> tuple[Answer, LiveAvatarError | None]:
        nothing = Answer(0, "")
        limit_s = self._settings.timeout_s
        try:
            # A connection that comes late in its time leaves the answer less: the sum is what is bounded.
            return in_time(lambda: _answer(http, request, limit_s), limit_s + OVERTIME_S), None
        except TimeoutError:
            return nothing, Unreachable(what, why="ReadTimeout: the answer came too slowly", sent=True)
        except NEVER_SENT as error:
            return nothing, Unreachable(what, why=_reason(error, hide), sent=False)
        except httpx.DecodingError as error:
            return nothing, Unreadable(what, why=_reason(error, hide))
        except httpx.HTTPError as error:
            return nothing, Unreachable(what, why=_reason(error, hide), sent=True)

    def _note(
        self, request: httpx.Request, answer: Answer, failure: LiveAvatarError | None, took_ms: int
    ) -> None:
        if self._log:
            outcome = type(failure).__name__ if failure else answer.status
            self._log.debug(
                "liveavatar.request",
                method=request.method,
                path=request.url.path,
                outcome=outcome,
                took_ms=took_ms,
            )


class _StopBeforeLongWait(stop_base):
    """A server that asks for minutes is answered by an error that says so, not by a silent wait."""

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return retry_state.upcoming_sleep > SANE_RETRY_AFTER_S


def _open(settings: Settings, transport: httpx.BaseTransport | None) -> httpx.Client | Unusable:
    # A proxy is for the way out; what runs on this machine is reached directly.
    outward = (urlsplit(settings.api_url).hostname or "") not in {"localhost", "127.0.0.1", "::1"}
    if outward and (unusable := unusable_proxy()):
        return unusable
    try:
        return httpx.Client(
            base_url=settings.api_url,
            transport=transport,
            timeout=settings.timeout_s,
            headers={"Accept": "application/json", "User-Agent": USER_AGENT},
            trust_env=outward,
        )
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        return why_it_stopped(error)


def _what(method: str, path: str) -> str:
    return f"LiveAvatar did not carry out {method} {path}"


def _answer(http: httpx.Client, request: httpx.Request, within_s: float) -> Answer:
    deadline = time.monotonic() + within_s
    response = http.send(request, stream=True)
    try:
        return _read(response, deadline)
    finally:
        response.close()


def _read(response: httpx.Response, deadline: float) -> Answer:
    """The whole answer, but neither without end nor drop by drop past the deadline."""
    read = bytearray()
    for chunk in response.iter_bytes():
        read += chunk
        if len(read) > LARGEST_ANSWER:
            raise httpx.DecodingError("the answer is larger than 16 MB")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer came too slowly")
    return Answer(response.status_code, read.decode("utf-8", "replace"), dict(response.headers))


def _reason(error: httpx.HTTPError, hide: Sequence[str]) -> str:
    """`ConnectError: connection refused`; httpx leaves some of its errors without words."""
    words = shorten(scrub(str(error), hide))
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _request_log() -> Any:
    import structlog  # noqa: PLC0415 -- few ask for a log

    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
    )
