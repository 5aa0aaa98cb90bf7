"""What the answers of the API are made of; unknown fields are ignored, since the API grows."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pulumi_liveavatar.api.errors import Unreadable

Shape = TypeVar("Shape")


class Wire(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


def expect(shape: type[Shape], data: Any, *, of: str) -> Shape:
    """Read `data` as `shape`; raises Unreadable, which names the fields and never quotes their values."""
    try:
        return TypeAdapter(shape).validate_python(data)
    except ValidationError as error:
        places = [".".join(str(part) for part in e["loc"]) or "the whole" for e in error.errors()]
    wrong = ", ".join(places[:5])
    raise Unreadable(f"LiveAvatar's answer to {of} could not be used", why=f"Not as expected: {wrong}")
