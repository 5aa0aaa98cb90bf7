"""Turns a page in words into HTML; everything is escaped, nothing is fetched from elsewhere."""

from liveavatar_ops.page_files import style, template
from liveavatar_ops.schedule.page.drawings import HEIGHTS
from liveavatar_ops.schedule.page.view import Page

PLACE = ("liveavatar_ops.schedule", "page")
ICONS = {"up": "1f7a4d", "degraded": "dd9a1f", "down": "d03b3f", "flapping": "d0700f"}


def html_of(page: Page, nonce: str) -> str:
    """The page; `nonce` is what the security policy allows the one style block by."""
    return template(*PLACE, "status.html.j2").render(
        page=page,
        nonce=nonce,
        css=style(*PLACE, "status.css"),
        icon=ICONS.get(page.state, "8a93a3"),
        key=list(HEIGHTS.items()),
    )
