"""Commands in sentences stand between backticks: code on a page, plain words in a picture."""

import re

from markupsafe import Markup, escape

_CODE = re.compile("`([^`]+)`")


def with_code(text: str) -> Markup:
    """The text for a page, escaped, with what stands between two backticks as code."""
    out, at = Markup(), 0
    for found in _CODE.finditer(text):
        out += escape(text[at : found.start()])
        out += Markup("<code>{}</code>").format(found.group(1))
        at = found.end()
    return out + escape(text[at:])


def without_ticks(text: str) -> str:
    """The text for a picture, where code cannot look like code."""
    return _CODE.sub(r"\1", text)
