"""Lays a template's and a flag's limits over the defaults, and names every one that cannot be used."""

import difflib
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from liveavatar_ops.health.limits import Limits
from pulumi_liveavatar.strict import LONGEST_NAME
from pulumi_liveavatar.text import MOST_TOLD, shorten

_ANSWER, _AVATAR = ("answer_deadline_s",), ("avatar_deadline_s",)
_FRAME = ("connect_deadline_s", "avatar_deadline_s", "video_deadline_s")
_WATCH = ("watch_s", "watch_longer_s")
_WAITED_OUT = (_ANSWER, _AVATAR, _FRAME)  # whoever waits so long has waited at least so long

REACH: dict[str, tuple[str, ...]] = {
    "answer_unhealthy_s": _ANSWER,
    "mouth_silent_s": _ANSWER,
    "mouth_evidence_s": ("answer_longest_s",),
    "join_unhealthy_s": _AVATAR,
    "first_frame_unhealthy_s": _FRAME,
    "gap_unhealthy_s": _WATCH,
    "frozen_unhealthy_s": _WATCH,
    "frozen_speaking_unhealthy_s": _WATCH,
    "black_unhealthy_s": _WATCH,
    "one_colour_unhealthy_s": _WATCH,
}
"""How long a check looks or waits at most for what a line is drawn at; a line beyond that is no line."""


@dataclass(frozen=True)
class LimitProblem:
    """One override that cannot be used: where it stands, which it is, what is wrong with it."""

    where: str
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {shorten(self.name, LONGEST_NAME)}: {self.message}"


class LimitsError(ValueError):
    """Overrides that cannot be used, all of them at once."""

    def __init__(self, problems: Sequence[LimitProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def limits_from(*overrides: tuple[str, Mapping[str, object]]) -> Limits:
    """
    Lay overrides over the defaults, later ones over earlier: `limits_from(("june.yaml", {...}))`.

    Each override comes with the place it was written at. Raises LimitsError naming every unknown name (with
    the nearest known one), every value of the wrong type or range, every pair of lines that crossed, and
    every line that lies beyond what a check looks or waits for, which would silence it.
    """
    merged, written_at, problems = _merged(overrides)
    limits = Limits.model_validate({k: v for k, v in merged.items() if k not in {p.name for p in problems}})
    problems += _crossed(limits, written_at)
    problems += _out_of_reach(limits, written_at)
    if problems:
        raise LimitsError(problems)
    return limits


def wrong_alone(where: str, values: Mapping[str, object]) -> list[LimitProblem]:
    """What is wrong with each of these, whatever they are laid over."""
    return _merged([(where, values)])[2]


def parse_limit_flags(flags: Iterable[str]) -> dict[str, object]:
    """Turn `--limit name=value` words into an override; raises LimitsError for words without `=`."""
    problems, values = [], {}
    for flag in flags:
        name, sign, value = flag.partition("=")
        if not sign:
            problems.append(
                LimitProblem("--limit", flag, "write it as name=value, for example gap_unhealthy_s=3")
            )
        values[name.strip()] = value.strip()
    if problems:
        raise LimitsError(problems)
    return dict(values)


def _merged(
    overrides: Iterable[tuple[str, Mapping[str, object]]],
) -> tuple[dict[str, object], dict[str, str], list[LimitProblem]]:
    """The last value of each limit, where that was written, and which of them cannot be used."""
    problems: list[LimitProblem] = []
    merged: dict[str, object] = {}
    written_at: dict[str, str] = {}
    for where, values in overrides:
        for name, value in values.items():
            if name not in Limits.model_fields:
                # Of thousands of unknown names the nearest would take minutes to find, and be told to nobody.
                hint = _did_you_mean(str(name)) if len(problems) < MOST_TOLD else ""
                problems.append(LimitProblem(where, str(name), f"no such limit{hint}"))
                continue
            merged[name], written_at[name] = value, where
    return merged, written_at, problems + _wrong_values(merged, written_at)


def _wrong_values(merged: Mapping[str, object], written_at: Mapping[str, str]) -> list[LimitProblem]:
    problems = []
    for name, value in merged.items():
        if isinstance(value, bool) and not isinstance(Limits.model_fields[name].default, bool):
            problems.append(LimitProblem(written_at[name], name, f"{value} should be a number"))
            continue
        try:
            Limits.model_validate({name: value})
        except ValidationError as error:
            message = error.errors()[0]["msg"].replace("Input should", "should").partition(", unable to")[0]
            message = message.replace("a valid boolean", "true or false").replace(
                "a valid number", "a number"
            )
            problems.append(LimitProblem(written_at[name], name, f"{reprlib.repr(value)} {message}"))
    return problems


def pairs() -> Iterator[tuple[str, str]]:
    """(milder, harsher) limits; a milder line never lies beyond the harsher."""
    names = Limits.model_fields
    for name in names:
        if "degraded" in name and (harsher := name.replace("degraded", "unhealthy")) in names:
            yield name, harsher


def _crossed(limits: Limits, written_at: Mapping[str, str]) -> list[LimitProblem]:
    problems = []
    for mild, harsh in pairs():
        here = next((name for name in (harsh, mild) if name in written_at), None)
        defaults = [Limits.model_fields[name].default for name in (mild, harsh)]
        seen = [getattr(limits, mild), getattr(limits, harsh)]
        if here and (defaults[0] <= defaults[1]) != (seen[0] <= seen[1]):
            text = f"{mild}={seen[0]:g} and {harsh}={seen[1]:g} stand the wrong way round; set both"
            problems.append(LimitProblem(written_at[here], here, text))
    return problems


def _out_of_reach(limits: Limits, written_at: Mapping[str, str]) -> list[LimitProblem]:
    problems = []
    for line, waits in REACH.items():
        here = next((name for name in (line, *waits) if name in written_at), None)
        drawn, reach = getattr(limits, line), sum(getattr(limits, wait) for wait in waits)
        beyond = drawn > reach if waits in _WAITED_OUT else drawn >= reach
        if here and beyond:
            until = " + ".join(f"{wait}={getattr(limits, wait):g}" for wait in waits)
            text = (
                f"{line}={drawn:g} is never reached: a check ends after {until}; raise that or lower {line}"
            )
            problems.append(LimitProblem(written_at[here], here, text))
    return problems


def _did_you_mean(name: str) -> str:
    near = difflib.get_close_matches(name, Limits.model_fields, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else "; `liveavatar-ops health explain` lists them all"
