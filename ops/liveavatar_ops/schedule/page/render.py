"""Turns a page in words into HTML; everything is escaped, nothing is fetched from elsewhere."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from liveavatar_ops.schedule.page.drawings import HEIGHTS
from liveavatar_ops.schedule.page.view import Page

PACKAGE = "liveavatar_ops.schedule"
ICONS = {"up": "1f7a4d", "degraded": "dd9a1f", "down": "d03b3f", "flapping": "d0700f"}


def html_of(page: Page, nonce: str) -> str:
    """The page; `nonce` is what the security policy allows the one style block by."""
    return _template().render(
        page=page,
        nonce=nonce,
        css=Markup(_css()),  # noqa: S704 (a file of this package)
        icon=ICONS.get(page.state, "8a93a3"),
        key=list(HEIGHTS.items()),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader(PACKAGE, "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("status.html.j2")


@cache
def _css() -> str:
    return (files(PACKAGE) / "page" / "status.css").read_text(encoding="utf-8")
