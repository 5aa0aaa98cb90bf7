"""
Models of what we send: stricter than the API, which drops unknown fields without a word.

(LiveAvatar API facts §1.3: unknown body fields are ignored with 200.) All mistakes are reported at once, each
with its place and, for a misspelt name, the nearest right one.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictBool,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from pulumi_liveavatar.text import closest

Place = tuple[str | int, ...]
_UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def _whole(value: Any) -> Any:
    """Pulumi hands every number over as a float (60.0)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _uuid(value: str) -> str:
    # The value is not quoted: a key pasted into the wrong field must not end up in a log.
    if not _UUID.fullmatch(value):
        raise ValueError("must be a UUID such as dd73ea75-1218-4ef3-92ce-606d5f7fbc0a")
    return value.lower()


Whole = Annotated[int, BeforeValidator(_whole)]
Seconds = Annotated[int, BeforeValidator(_whole), Field(gt=0)]
Uuid = Annotated[str, AfterValidator(_uuid)]
Text = Annotated[str, Field(min_length=1)]
Flag = StrictBool


class Problem(PydanticCustomError):
    """A mistake found by looking at several fields together; `fields` are those it depends on."""

    def __new__(cls, sentence: str, fields: Collection[str]) -> Self:
        escaped = sentence.replace("{", "{{").replace("}", "}}")
        return super().__new__(cls, "across_fields", escaped, {"fields": list(fields)})


class StrictModel(BaseModel):
    """Refuses unknown fields and loose types; subclasses add rules across fields in `across`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Fields that exist, but not here, and what to do about them."""

    instead: ClassVar[Mapping[str, str]] = {}
    """Fields whose own complaint would mislead, and what to say of them."""

    @classmethod
    def across(cls, raw: Mapping[str, Any]) -> Iterable[tuple[str, Problem]]:  # noqa: ARG003 -- for subclasses
        """Rules over several fields of the raw input: (the field to name, the problem)."""
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        more = [
            InitErrorDetails(type=problem, loc=(name,), input=None)
            for name, problem in (cls.across(data) if isinstance(data, Mapping) else ())
        ]
        try:
            made = handler(data)
        except ValidationError as error:
            found = [cls._retold(dict(e)) for e in error.errors(include_url=False)]
        else:
            found = []
        if found or more:
            raise ValidationError.from_exception_data(cls.__name__, [*found, *more], hide_input=True)
        return made

    @classmethod
    def _retold(cls, error: dict[str, Any]) -> InitErrorDetails:
        loc, kind, context = error["loc"], error["type"], error.get("ctx") or {}
        if kind == "extra_forbidden" and len(loc) == 1:
            name = str(loc[0])
            hint = closest(name, cls.model_fields) or _listed(cls.model_fields)
            words = cls.elsewhere.get(name) or f"there is no such field; {hint}"
        elif kind == "across_fields":
            return InitErrorDetails(type=Problem(error["msg"], context["fields"]), loc=loc, input=None)
        elif kind == "missing":
            words = "is missing"
        elif len(loc) == 1 and str(loc[0]) in cls.instead:
            words = cls.instead[str(loc[0])]
        else:
            words = error["msg"].removeprefix("Value error, ")
            words = re.sub(r"^(Input|String|Dictionary|List) should", "should", words)
            if kind == "literal_error" and isinstance(error.get("input"), str):
                words = " ".join((words, *_nearest(error["input"], context.get("expected", ""))))
        words = words.replace("{", "{{").replace("}", "}}")
        return InitErrorDetails(type=PydanticCustomError(kind, words), loc=loc, input=None)


def sentences(error: ValidationError) -> list[tuple[str, str]]:
    """(place, what is wrong there) of every mistake; a place reads `openai_realtime_config.voice`."""
    return [(path(e["loc"]), e["msg"]) for e in error.errors(include_url=False, include_input=False)]


def path(place: Place) -> str:
    """`links[0].url`."""
    written = ""
    for part in place:
        written += f"[{part}]" if isinstance(part, int) else f".{part}" if written else str(part)
    return written


def _listed(fields: Iterable[str]) -> str:
    return "it takes " + ", ".join(fields)


def _nearest(wrong: str, expected: str) -> list[str]:
    """Only the right word is quoted, never the wrong one: somebody may have pasted a key."""
    hint = closest(wrong, re.findall(r"'([^']+)'", expected))
    return [f"({hint})"] if hint else []
