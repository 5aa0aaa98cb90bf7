"""
Every error this project raises about LiveAvatar:

LiveAvatarError
├── Unreachable             no answer came back (DNS, TLS, timeout)
│   └── NoWayOut            nothing was sent: a variable of the environment cannot be used
├── Unreadable              an answer came back that we cannot read as LiveAvatar's
└── Refused                 LiveAvatar answered "no"
    ├── BadCredentials      401, 403
    ├── NotThere            404
    ├── Invalid             400, 409, 422
    ├── TooFast             429
    ├── ConcurrencyLimit    application code 4003 (HTTP 403)
    ├── OutOfCredits        application code 4033
    └── ServerFault         5xx

Split by what the operator would do. Statuses and codes: LiveAvatar API facts §1.3.
"""

from typing import ClassVar

from pulumi_liveavatar.text import one_line, scrub

CONCURRENCY_CODE = 4003
CREDITS_CODE = 4033


class LiveAvatarError(Exception):
    """Catch this to catch everything; its text is all an operator gets to see."""

    advice: ClassVar[str] = "Run again with LIVEAVATAR_LOG=debug and read the request log"

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        next_step: str = "",
        status: int | None = None,
        code: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        # A service may quote what somebody typed into the wrong field, in any word of its answers.
        self.what, self.why = scrub(what, ()), scrub(why, ())
        self.next_step = next_step or self.advice
        self.status, self.code, self.retry_after_s = status, code, retry_after_s
        super().__init__(one_line(self.what, self.why, self.next_step))


class Unreachable(LiveAvatarError):
    """`sent` says whether the server may have acted: False only when no byte can have reached it."""

    advice = "Check LIVEAVATAR_API_URL and the network, then run the same command again"

    def __init__(self, what: str, *, why: str = "", next_step: str = "", sent: bool) -> None:
        self.sent = sent
        super().__init__(what, why=why, next_step=next_step)


class NoWayOut(Unreachable):
    """A proxy or root certificates are named in the environment that cannot be used; `why` has the name."""

    def __init__(self, what: str, *, why: str, next_step: str) -> None:
        super().__init__(what, why=why, next_step=next_step, sent=False)


class Unreadable(LiveAvatarError):
    """Not LiveAvatar's voice, or a new one: a proxy's page, a wrong address, a changed answer."""

    advice = "Check that LIVEAVATAR_API_URL is LiveAvatar's; if it is, the API changed: read its changelog"


class Refused(LiveAvatarError):
    """LiveAvatar understood and said no."""


class BadCredentials(Refused):
    """401, 403."""

    advice = (
        "Export a current LIVEAVATAR_API_KEY or run `pulumi config set --secret liveavatar:apiKey`; "
        "a HeyGen key does not work here"
    )


class NotThere(Refused):
    """404."""

    advice = "Run `pulumi refresh` so the state forgets it, then `pulumi up` to make it anew"


class Invalid(Refused):
    """400, 409, 422."""

    advice = "Correct the input that the answer names and run `pulumi preview`"


class TooFast(Refused):
    """429; `retry_after_s` when the server said how long."""

    advice = "Wait a moment and run again; fewer at a time help: `pulumi up --parallel 2`"


class ConcurrencyLimit(Refused):
    """Application code 4003: as many sessions as the plan allows are open already."""

    advice = "Stop a session that nobody watches (`liveavatar-ops health janitor`) or wait until one ends"


class OutOfCredits(Refused):
    """Application code 4033: a session needs at least one minute's worth of credits."""

    advice = "Add credits in the LiveAvatar dashboard, or set is_sandbox to true"


class ServerFault(Refused):
    """5xx."""

    advice = "Run the same command again in a minute; if it stays, ask LiveAvatar's support"


OUTCOME_UNKNOWN = (Unreachable, Unreadable, ServerFault)
"""After these a POST may or may not have been acted on; who made something looks whether it is there."""


def refusal(status: int, code: int | None = None) -> type[Refused]:
    """The class that stands for an answer; the one place that mapping lives."""
    by_code = {CONCURRENCY_CODE: ConcurrencyLimit, CREDITS_CODE: OutOfCredits}
    if code in by_code:
        return by_code[code]
    by_status: dict[int, type[Refused]] = {
        400: Invalid,
        401: BadCredentials,
        403: BadCredentials,
        404: NotThere,
        409: Invalid,
        422: Invalid,
        429: TooFast,
    }
    return by_status.get(status) or (ServerFault if status >= 500 else Refused)
