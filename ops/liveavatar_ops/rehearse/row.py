"""One row of the fault table: what is played, what the check must say to it, and why exactly that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.verdicts import Cause, Verdict

WAYNE = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
STARTER = "65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0"
JUNE = "a1b2c3d4-0001-4000-8000-000000000001"
MAREK = "a1b2c3d4-0002-4000-8000-000000000002"
INES = "a1b2c3d4-0003-4000-8000-000000000003"
NOBODY = "00000000-0000-4000-8000-000000000000"
"""The emulator's avatars (their looks: studio, plain, studio, dark, upright), and an id that nobody has."""

WINDOW: Mapping[str, float] = MappingProxyType({"watch_s": 5, "warm_up_s": 1})
"""How long every row watches, where it does not say otherwise. Verdicts are drawn by the real lines."""

Played = dict[str, object]
"""The body of POST /_emulator/faults."""

Wrong = Literal["api_key", "address", "avatar", "secret", "context", "openai_key"]


@dataclass(frozen=True)
class Row:
    """
    One rehearsal. `faults` are played by the emulator; `wrong` is what the caller gets wrong instead, or
    beside them. `limits` are laid over WINDOW: longer or shorter looks, so that a row takes seconds.
    """

    name: str
    depth: Depth
    verdict: Verdict
    cause: Cause
    why: str
    """Why this verdict and this cause, and no other."""
    faults: tuple[Played, ...] = ()
    wrong: Wrong | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    avatar: str = STARTER
    quality: str = "low"
    left_for_janitor: bool = False
    """The check cannot end its session itself; the janitor must, once the fault is over."""

    @property
    def all_limits(self) -> dict[str, float]:
        """The overrides that this row is checked with."""
        return {**WINDOW, **self.limits}

    @property
    def plays(self) -> set[str]:
        """Names of the faults in it."""
        return {str(played["fault"]["name"]) for played in self.faults}  # type: ignore[index]  # `play` made it

    def called(self, name: str) -> bool:
        """Whether a user who types this name means this row."""
        return name == self.name or name in self.plays


def play(name: str, *, path: str | None = None, **params: float | str) -> Played:
    """A fault by its name and parameters; `path` (a regular expression) picks the calls it befalls."""
    rule: Played = {"fault": {"name": name, **params}}
    return rule if path is None else {**rule, "path": path}
