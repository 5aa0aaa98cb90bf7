"""Names, places and addresses as `watch.yaml` holds them: what cannot be one is refused where it is read."""

import os
import re
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f<>\"'@?#]+")

_Named = TypeVar("_Named", str, Path)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            "is no time zone that this machine knows; write one such as Europe/Berlin or UTC"
        ) from None
    return name


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("write the NAME of a variable, not its address: whoever knows the address can post")
    return name


def _writable(name: _Named) -> _Named:
    """No system takes a NUL byte in a name, and a line break in one would break every line that tells it."""
    try:
        wrong = bool(_CONTROL.search(os.fsdecode(os.fsencode(name))))
    except UnicodeEncodeError:  # half a surrogate pair
        wrong = True
    if wrong:
        raise ValueError("holds what no name can, such as a NUL byte or a line break; write it without")
    return name


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = bool(_ADDRESS.fullmatch(text) and parts.hostname and parts.port != 0)
    except ValueError:  # brackets that do not close, a port beyond 65535
        usable = False
    if not usable:
        raise ValueError(
            "should be an address such as https://status.example.com, without user, query and fragment"
        )
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Variable = Annotated[str, AfterValidator(_variable)]
Named = Annotated[str, Field(min_length=1), AfterValidator(_writable)]
Name = Annotated[Named, Field(max_length=80)]
Place = Annotated[Path, AfterValidator(_writable)]
Address = Annotated[str, AfterValidator(_address)]
