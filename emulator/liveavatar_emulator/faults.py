"""Which fault befalls which call or session; knows no HTTP."""

import difflib
import math
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from typing import Self, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from liveavatar_emulator.fault_table import BOUNDS, KINDS, TIMES, FaultKind, Place, Value
from liveavatar_emulator.world.records import EndReason

_LONGEST_SHOWN = 60


class BadFault(ValueError):
    """A fault that cannot be played; the text says what is wrong with it and what would be right."""


class Fault(BaseModel):
    """A fault with its parameters, as given to a worker: ``{"name": "frozen", "after_s": 3}``."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: object) -> object:
        if not isinstance(given, dict) or given.get("name") is None:
            raise ValueError("a fault is an object with a name")
        params = {str(key): value for key, value in given.items() if key != "name"}
        return {"name": given["name"], **checked(str(given["name"]), params)}

    @property
    def kind(self) -> FaultKind:
        """Its row in the table."""
        return KINDS[self.name]

    def number(self, name: str) -> float:
        """One numeric parameter."""
        return float((self.model_extra or {})[name])

    def text(self, name: str) -> str:
        """One parameter as text."""
        return str((self.model_extra or {})[name])


class Rule(BaseModel):
    """
    When a fault strikes.

    Call faults: calls whose method and path (a regular expression, searched) match; all, or ``times`` many,
    after ``after_calls`` matching calls went through. Account and session faults: the session named by
    ``session_id``, or the ``for_session``-th one started (1 is the next), or every one (``times`` many).
    """

    model_config = ConfigDict(extra="forbid")

    fault: Fault
    on: Place | None = None
    method: str | None = None
    path: str | None = None
    times: int | None = Field(default=None, ge=1)
    after_calls: int = Field(default=0, ge=0)
    session_id: str | None = None
    for_session: int | None = Field(default=None, ge=1)
    _pattern: re.Pattern[str] | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        place = self.fault.kind.on
        if self.on is not None and self.on != place and {self.on, place} != {"account", "session"}:
            raise ValueError(f"fault {self.fault.name} acts on a {place}, not on a {self.on}")
        if self.path is not None:
            self._pattern = _pattern(self.path)
        return self

    def takes(self, method: str, path: str) -> bool:
        """Whether it means such a call."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self._pattern is None or self._pattern.search(path) is not None

    @property
    def spent(self) -> bool:
        """It has struck as often as it should."""
        return self.times == 0


class FaultBook:
    """The rules in force, in the order they were given; the first that fits a call strikes."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules: list[Rule] = list(rules)

    def add(self, rule: Rule) -> None:
        """Put a rule in force."""
        self._rules.append(rule)

    def clear(self) -> None:
        """No rule is in force any more."""
        self._rules.clear()

    def rules(self) -> list[Rule]:
        """The rules in force."""
        return list(self._rules)

    def for_call(self, method: str, path: str) -> Fault | None:
        """The fault that befalls this call, if any; counts it as struck."""
        for rule in self._rules:
            if rule.fault.kind.on != "call" or not rule.takes(method, path):
                continue
            if rule.after_calls:
                rule.after_calls -= 1
                continue
            self._strike(rule)
            return rule.fault
        return None

    def for_start(self, session_id: str) -> list[Fault]:
        """The faults that befall a session about to start; counts them as struck."""
        struck = []
        for rule in list(self._rules):
            if rule.fault.kind.on == "call" or rule.session_id not in (None, session_id):
                continue
            if rule.for_session is not None:
                rule.for_session -= 1
                if rule.for_session:
                    continue
                self._rules.remove(rule)
            else:
                self._strike(rule)
            struck.append(rule.fault)
        return struck

    def _strike(self, rule: Rule) -> None:
        if rule.times is not None:
            rule.times -= 1
        if rule.spent:
            self._rules.remove(rule)


def parse(text: str) -> Rule:
    """
    Read ``NAME[:key=value,…]`` as the ``--fault`` flag gives it; BadFault says what is wrong.

    Keys are the fault's parameters and the rule's own: method, path, times, after_calls, for_session.
    """
    name, _, rest = text.partition(":")
    given: dict[str, str] = {}
    for piece in filter(None, rest.split(",")):
        key, equals, value = piece.partition("=")
        if not equals:
            raise BadFault(f"{cut(repr(text))}: {cut(repr(piece))} should read key=value")
        given[key.strip()] = value.strip()
    own = {key: given.pop(key) for key in list(given) if key in Rule.model_fields and key != "fault"}
    checked(name.strip(), given)
    return Rule.model_validate({"fault": {"name": name.strip(), **given}, **own})


def checked(name: str, params: Mapping[str, object]) -> dict[str, Value]:
    """All parameters of a fault, given ones converted, others by default; BadFault if one does not exist."""
    kind = KINDS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, KINDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`liveavatar-emulator faults` lists them"
        raise BadFault(f"no fault is called {cut(repr(name))}; {hint}")
    defaults = dict(kind.params)
    if kind.by_worker:
        defaults |= {key: 0.0 for key in TIMES if key in params}
    strange = sorted(set(params) - set(defaults))
    if strange:
        takes = (
            ", ".join(dict.fromkeys([*kind.params, *(TIMES if kind.by_worker else ())])) or "no parameters"
        )
        raise BadFault(f"fault {name} does not take {cut(', '.join(strange))}; it takes {takes}")
    if params.get("reason") is not None and params["reason"] not in get_args(EndReason):
        raise BadFault(f"fault {name}: no end reason is called {cut(repr(params['reason']))}")
    return {key: _convert(name, key, params.get(key, default), default) for key, default in defaults.items()}


def _convert(name: str, key: str, value: object, default: Value) -> Value:
    if value is None:
        raise BadFault(f"fault {name}: {key} has no value; give one, or leave it out")
    try:
        found = type(default)(str(value))
    except (TypeError, ValueError):
        wanted = "a number" if isinstance(default, (int, float)) else "a text"
        raise BadFault(f"fault {name}: {key} should be {wanted}, not {cut(repr(value))}") from None
    if not isinstance(found, str):
        _demand_within(name, key, found)
    return found


def _demand_within(name: str, key: str, value: float) -> None:
    least, most = BOUNDS.get(key, (0, math.inf))
    # Compared, not converted: a whole number may be larger than any with a point.
    if least <= value <= min(most, sys.float_info.max):
        return
    wanted = f"from {least:g} to {most:g}" if math.isfinite(most) else f"{least:g} or more"
    raise BadFault(f"fault {name}: {key} should be {wanted}, not {cut(str(value))}")


def _pattern(path: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # `[[a]` means today what it says
            return re.compile(path)
    except (re.error, OverflowError) as why:
        raise ValueError(f"path is no regular expression: {why}") from None
    except RecursionError:
        raise ValueError("path is no regular expression: it is nested too deeply") from None


def cut(text: str) -> str:
    """A text to be quoted in a sentence, of a long one its beginning."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
