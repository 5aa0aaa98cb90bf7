"""What the answers of the API are made of; unknown fields are ignored, since the API grows."""

from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from pulumi_liveavatar.api.errors import Unreadable

Shape = TypeVar("Shape")


def _sendable(token: SecretStr) -> SecretStr:
    """Refuse what no HTTP header can carry; the library's own error would quote it."""
    text = token.get_secret_value()
    if not text or not all("!" <= letter <= "~" for letter in text):
        raise ValueError("is empty, or holds what no token has")
    return token


Named = Annotated[str, StringConstraints(min_length=1)]
"""An id or address that a later call needs."""
Token = Annotated[SecretStr, AfterValidator(_sendable)]


class Wire(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


def expect(shape: type[Shape], data: Any, *, of: str) -> Shape:
    """
    Read `data` as `shape`; raises Unreadable, which names the fields and never quotes their values. Its
    status is a success's: the service has answered.
    """
    try:
        return TypeAdapter(shape).validate_python(data)
    except ValidationError as error:
        places = [".".join(str(part) for part in e["loc"]) or "the whole" for e in error.errors()]
    wrong = ", ".join(places[:5])
    what = f"LiveAvatar's answer to {of} could not be used"
    raise Unreadable(what, why=f"Not as expected: {wrong}", status=200)
