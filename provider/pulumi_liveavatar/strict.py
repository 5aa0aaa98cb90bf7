"""
Models of what we send: stricter than the API, which drops unknown fields without a word.

(LiveAvatar API facts §1.3: unknown body fields are ignored with 200.) All mistakes are reported at once, each
with its place and, for a misspelt name, the nearest right one.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictBool,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from pulumi_liveavatar.text import closest, shorten

LONGEST_NAME = 60
"""Characters of a name that a complaint quotes; the API's have half as many."""

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
Seconds = Annotated[int, BeforeValidator(_whole), Field(gt=0, le=86_400)]  # a day: more than any plan allows
Uuid = Annotated[str, AfterValidator(_uuid)]
Text = Annotated[str, Field(min_length=1)]
Flag = StrictBool


class Problem(PydanticCustomError):
    """A mistake found by looking at several fields together; `fields` are those it depends on."""

    def __new__(cls, sentence: str, fields: Collection[str]) -> Self:
        return super().__new__(cls, "across_fields", _literal(sentence), {"fields": list(fields)})


class StrictModel(BaseModel):
    """
    Refuses unknown fields and loose types; subclasses add rules across fields in `across`.

    Validated with `context={"unknown": SomeClass}`, values of that class pass everywhere and stay as they
    are: Pulumi's previews do not know everything yet.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Fields that exist, but not here, and what to do about them."""

    instead: ClassVar[Mapping[str, str]] = {}
    """Fields whose own complaint would mislead, and what to say of them."""

    @classmethod
    def across(cls, raw: Mapping[str, Any]) -> Iterable[tuple[str, Problem]]:  # noqa: ARG003 -- for subclasses
        """Rules over several fields of the raw input: (the field to name, the problem)."""
        return ()

    @field_validator("*", mode="wrap")
    @classmethod
    def _unknown_passes(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        return value if _is_unknown(value, info) else handler(value)

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if _is_unknown(data, info):
            return cast("Self", data)
        problems = [
            InitErrorDetails(type=problem, loc=(name,), input=None)
            for name, problem in (cls.across(data) if isinstance(data, Mapping) else ())
            if not any(_is_unknown(data.get(f), info) for f in (problem.context or {})["fields"])
        ]
        made: Self | None = None
        try:
            made = handler(data)
        except ValidationError as error:
            # An item of a list is validated apart from its field, so an unknown one comes back as a mistake.
            found = [dict(e) for e in error.errors(include_url=False) if not _is_unknown(e["input"], info)]
            problems = [*(cls._retold(e) for e in found), *problems]
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems, hide_input=True)
        return cast("Self", cls.model_construct(**data)) if made is None else made

    @classmethod
    def _retold(cls, error: dict[str, Any]) -> InitErrorDetails:
        loc, kind, context = error["loc"], error["type"], error.get("ctx") or {}
        own = str(loc[0]) if len(loc) == 1 else ""
        if kind == "across_fields":
            return InitErrorDetails(type=Problem(error["msg"], context["fields"]), loc=loc, input=None)
        if kind == "extra_forbidden" and own:
            hint = closest(own, cls.model_fields) or "it takes " + ", ".join(cls.model_fields)
            words = cls.elsewhere.get(own) or f"there is no such field; {hint}"
        elif kind == "missing":
            words = "is missing"
        elif own in cls.instead:
            words = cls.instead[own]
        else:
            words = re.sub(r"^(Value error, |(Input|String|Dictionary|List) (?=should))", "", error["msg"])
            if kind == "literal_error" and isinstance(error.get("input"), str):
                words = " ".join((words, *_nearest(error["input"], context.get("expected", ""))))
        return InitErrorDetails(type=PydanticCustomError(kind, _literal(words)), loc=loc, input=None)


def plain(value: Any) -> Any:
    """What a model holds, as plain data without what is None; unknown values stay as they are."""
    if isinstance(value, BaseModel):
        return plain(dict(value))
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if item is not None}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def sentences(error: ValidationError) -> list[tuple[str, str]]:
    """(place, what is wrong there) of every mistake; a place reads `openai_realtime_config.voice`."""
    return [(path(e["loc"]), e["msg"]) for e in error.errors(include_url=False, include_input=False)]


def path(place: Place) -> str:
    """`links[0].url`; the tags of a union (`~fish`) are no part of what the author wrote."""
    written = ""
    for part in place:
        if isinstance(part, int):
            written += f"[{part}]"
        elif not part.startswith("~") or len(place) == 1:
            name = shorten(part, LONGEST_NAME)
            written += f".{name}" if written else name
    return written


def _is_unknown(value: Any, info: ValidationInfo) -> bool:
    unknown = (info.context or {}).get("unknown")
    return unknown is not None and isinstance(value, unknown)


def _literal(words: str) -> Any:
    """Braces mean placeholders to pydantic's own templates."""
    return words.replace("{", "{{").replace("}", "}}")


def _nearest(wrong: str, expected: str) -> list[str]:
    """Only the right word is quoted, never the wrong one: somebody may have pasted a key."""
    hint = closest(wrong, re.findall(r"'([^']+)'", expected))
    return [f"({hint})"] if hint else []
