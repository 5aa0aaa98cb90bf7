"""
A pocket engine: what Pulumi does around one dynamic resource, without Pulumi.

It hands over what the real host hands over (floats, no None, `__provider`, unknown values in previews),
gives `diff` the old outputs, keeps outputs when nothing changed, and makes a new provider for every run, as
each run of the engine starts a new provider process.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi.dynamic import DiffResult
from pulumi.output import Unknown

from pulumi_liveavatar._base import LiveAvatarProvider

Props = dict[str, Any]


class CheckFailed(Exception):
    """The inputs did not pass; one (property, reason) a mistake."""

    def __init__(self, failures: list[tuple[str, str]]) -> None:
        self.failures = failures
        super().__init__("; ".join(f"{place}: {reason}" for place, reason in failures))


def wire(value: Any) -> Any:
    """As Pulumi's protocol delivers it: every number a float, None gone from objects, nothing but JSON."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, dict):
        return {key: wire(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [wire(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    assert isinstance(value, str), f"{type(value).__name__} cannot cross the wire"
    return value


@dataclass
class State:
    """What the engine remembers of the resource."""

    id: str
    inputs: Props
    outputs: Props


@dataclass
class PocketEngine:
    """One resource's life; `process` makes a configured provider, as a new plugin process does."""

    process: Callable[[], LiveAvatarProvider]
    state: State | None = None
    runs: int = 0
    provider: LiveAvatarProvider = field(init=False)

    def up(self, program: Props, *, die_after_create: bool = False, force_replace: bool = False) -> list[str]:
        """One `pulumi up`; what was done, in order. With `die_after_create` the state is never written."""
        self._start()
        news = self._check(program)
        if self.state is None:
            made = self._create(news)
            if not die_after_create:
                self.state = made
            return ["create"]
        diff = self._diff(news)
        if diff.replaces or force_replace:
            return self._replace(news, before=bool(diff.delete_before_replace))
        if diff.changes:
            old = self.state
            outs = self.provider.update(old.id, wire(old.outputs), wire(news)).outs or {}
            self.state = State(old.id, news, wire(outs))
            return ["update"]
        self.state = State(self.state.id, news, self.state.outputs)
        return []

    def preview(self, program: Props) -> DiffResult | None:
        """check and diff only; None for a resource that is not there yet."""
        self._start()
        news = self._check(program)
        return self._diff(news) if self.state else None

    def refresh(self) -> str:
        """`same`, `drifted` or `gone`."""
        self._start()
        assert self.state is not None
        old = self.state
        read = self.provider.read(old.id, self._held(old.outputs))
        if not read.id:
            self.state = None
            return "gone"
        outputs = wire(read.outs)
        inputs = wire(read.inputs) if read.inputs is not None else old.inputs
        self.state = State(old.id, inputs, outputs)
        return "same" if (inputs, outputs) == (old.inputs, old.outputs) else "drifted"

    def destroy(self) -> None:
        self._start()
        assert self.state is not None
        self.provider.delete(self.state.id, self._held(self.state.outputs))
        self.state = None

    def _start(self) -> None:
        self.runs += 1
        self.provider = self.process()

    def _held(self, props: Props) -> Props:
        return {**wire(props), "__provider": f"pickled in run {self.runs}"}

    def _check(self, program: Props) -> Props:
        olds = self._held(self.state.inputs) if self.state else {}
        result = self.provider.check(olds, self._held(program))
        if result.failures:
            raise CheckFailed([(f.property, f.reason) for f in result.failures])
        news: Props = wire(result.inputs)
        news.pop("__provider", None)
        return news

    def _diff(self, news: Props) -> DiffResult:
        assert self.state is not None
        olds = {**wire(self.state.outputs), "__provider": "pickled last month"}
        return self.provider.diff(self.state.id, olds, self._held(news))

    def _create(self, news: Props) -> State:
        made = self.provider.create(self._held(news))
        assert made.id, "create gives an id"
        outputs = wire(made.outs)
        json.dumps(outputs)
        return State(made.id, news, outputs)

    def _replace(self, news: Props, *, before: bool) -> list[str]:
        assert self.state is not None
        old = self.state
        if before:
            self.provider.delete(old.id, self._held(old.outputs))
            self.state = self._create(news)
            return ["delete", "create"]
        self.state = self._create(news)
        self.provider.delete(old.id, self._held(old.outputs))
        return ["create", "delete"]
