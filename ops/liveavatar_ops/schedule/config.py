"""
What `watch.yaml` may say: one frozen model, each key with its default. Unknown keys are refused.

No secret stands in it: a webhook is given by the NAME of the environment variable that holds its URL,
because the URL of a webhook is a secret (whoever knows it can post).
"""

from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    field_validator,
    model_validator,
)

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.schedule.names import Address, Name, Named, Place, Variable, Zone
from liveavatar_ops.schedule.origin import Origin
from liveavatar_ops.schedule.quantities import Duration, Share, TimeOfDay, WithinADecade, WithinAWeek

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Kind = Literal["regular", "confirm", "long"]


class Part(BaseModel):
    """A frozen piece of the configuration; unknown keys are refused, values are not quoted in errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=False, strict=False
    )


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("must be more than nothing")
    return value


Positive = Annotated[Duration, AfterValidator(_positive)]


class LongCheck(Part):
    """Once a day the check watches longer: some avatars stop only after two minutes."""

    at: TimeOfDay = time(4, 0)
    watch_for: Positive = 150.0


class TargetConfig(Part):
    """What is checked, and how it differs from the file's defaults. A stack alone: all its templates."""

    name: Name | None = None
    stack: Named | None = None
    template: Named | None = None
    template_file: Place | None = None
    every: Positive | None = None
    depth: Depth | None = None
    sandbox: bool | None = None
    """Open sessions in LiveAvatar's sandbox or not; left out, the template decides."""
    long: LongCheck | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "TargetConfig":
        if (self.stack is None) == (self.template_file is None):
            raise ValueError("give either `stack:` or `template_file:`")
        if self.template is not None and self.stack is None:
            raise ValueError("`template:` names a template of a stack; give `stack:` too")
        if self.name is not None and self.stack is not None and self.template is None:
            raise ValueError("`name:` is for one target; give `template:` too, or leave it out")
        return self


class Confirm(Part):
    """A failure is checked again sooner; the state changes when `failures` of the last `of` agree."""

    every: Positive = 60.0
    failures: int = Field(default=2, ge=1, le=20)
    recoveries: int = Field(default=2, ge=1, le=20)
    of: int = Field(default=3, ge=1, le=20)

    @model_validator(mode="after")
    def _k_of_n(self) -> "Confirm":
        if max(self.failures, self.recoveries) > self.of:
            raise ValueError("`of:` must be at least as many as `failures:` and `recoveries:`")
        return self


class Flapping(Part):
    """More than so many changes of state in that time: held as flapping until `settle` results agree."""

    changes: int = Field(default=4, ge=2, le=100)
    within: Positive = 3600.0
    settle: int = Field(default=5, ge=2, le=100)


class Quota(Part):
    """How long to wait after LiveAvatar said that credits, sessions or calls are used up; doubles."""

    first: Positive = 120.0
    most: Positive = 3600.0


class Budget(Part):
    """Credits that all checks together may cost from midnight to midnight; None: no limit."""

    credits_a_day: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class Account(Part):
    """The account's own session limit, and how many sessions stay free for customers whatever happens."""

    concurrency: int | None = Field(default=None, ge=1)
    keep_free: int = Field(default=0, ge=0)
    max_parallel: int = Field(default=1, ge=1, le=100)

    @model_validator(mode="after")
    def _room_left(self) -> "Account":
        if self.keep_free and self.concurrency is None:
            raise ValueError("`keep_free:` needs `concurrency:`; LiveAvatar does not tell a plan's limit")
        if self.concurrency is not None and self.keep_free >= self.concurrency:
            raise ValueError("`keep_free:` leaves no session for a check; make it less than `concurrency:`")
        return self


class Weekly(Part):
    """A window on some days of the week (all, if none is named), from a local time of day, for so long."""

    days: tuple[Day, ...] = DAYS
    begins: TimeOfDay = Field(alias="from")
    lasts: Annotated[WithinAWeek, AfterValidator(_positive)] = Field(alias="for")
    time_zone: Zone | None = None
    targets: tuple[str, ...] = ()
    mode: Literal["pause", "mute"] = "pause"

    @field_validator("days")
    @classmethod
    def _some_day(cls, value: tuple[Day, ...]) -> tuple[Day, ...]:
        if not value:
            raise ValueError("names no day, so the window never comes; leave `days:` out for every day")
        return value


class OneOff(Part):
    """A window from one moment to another; moments without an offset are in the file's time zone."""

    begins: datetime = Field(alias="from")
    ends: datetime = Field(alias="to")
    time_zone: Zone | None = None
    targets: tuple[str, ...] = ()
    mode: Literal["pause", "mute"] = "pause"

    @model_validator(mode="after")
    def _forwards(self) -> "OneOff":
        if (self.begins.tzinfo is None) != (self.ends.tzinfo is None):
            raise ValueError("give both moments with an offset, or neither")
        if self.ends <= self.begins:
            raise ValueError("`to:` must be later than `from:`")
        return self


def _which_window(raw: Any) -> str:
    """A window with an end is a one-off; told apart so that a mistake is reported for the one meant."""
    return "~once" if isinstance(raw, OneOff) or (isinstance(raw, dict) and "to" in raw) else "~weekly"


Window = Annotated[
    Annotated[Weekly, Tag("~weekly")] | Annotated[OneOff, Tag("~once")], Discriminator(_which_window)
]


class Channel(Part):
    """
    Where changes of state are told. `kind: slack` sends Slack's blocks, `webhook` plain JSON.

    `show_sheet` puts the contact sheet itself into the message: a picture that Slack fetches from the status
    page, or base64 in the JSON.
    """

    kind: Literal["webhook", "slack"]
    url_env: Variable
    targets: tuple[str, ...] = ()
    show_sheet: bool = False


class Serve(Part):
    """Status page and /metrics, on this machine only. Port 0: the system picks one, and it is printed."""

    port: int = Field(default=0, ge=0, le=65535)
    page_url: Address | None = None
    enabled: bool = True


class Evidence(Part):
    """Where checks leave their evidence, and how many folders a target keeps (failures three times that)."""

    directory: Place = Path("evidence")
    keep: int = Field(default=100, ge=1)


class WatchConfig(Part):
    """The whole of `watch.yaml`."""

    targets: tuple[TargetConfig, ...]
    every: Positive = 300.0
    jitter: Share = 0.1
    depth: Depth = Depth.VIDEO
    time_zone: Zone = "UTC"
    blind_after: int = Field(default=3, ge=1, le=1000)
    """So many intervals without a conclusive result, and the watcher says that it sees nothing."""
    read_again: Positive = 600.0
    """How often stacks and template files are read again; a minute after a check found them wrong."""
    lease: Positive = 90.0
    confirm: Confirm = Confirm()
    flapping: Flapping = Flapping()
    quota: Quota = Quota()
    budget: Budget = Budget()
    account: Account = Account()
    maintenance: tuple[Window, ...] = ()
    notify: tuple[Channel, ...] = ()
    serve: Serve = Serve()
    textfile: Place | None = None
    otlp: bool = False
    evidence: Evidence = Evidence()
    keep_history: Annotated[WithinADecade, AfterValidator(_positive)] = 90 * 86400.0
    _origin: Origin = PrivateAttr(default_factory=Origin)

    @property
    def origin(self) -> Origin:
        """Where it was written, to name in complaints."""
        return self._origin

    def written_at(self, origin: Origin) -> "WatchConfig":
        """The same, from there."""
        copy = self.model_copy()
        copy._origin = origin
        return copy

    @field_validator("targets")
    @classmethod
    def _something(cls, value: tuple[TargetConfig, ...]) -> tuple[TargetConfig, ...]:
        if not value:
            raise ValueError("should name at least one target, for example `- stack: dev`")
        return value

    @field_validator("jitter")
    @classmethod
    def _little_jitter(cls, value: float) -> float:
        if value > 0.5:
            raise ValueError("should be at most 50%")
        return value
