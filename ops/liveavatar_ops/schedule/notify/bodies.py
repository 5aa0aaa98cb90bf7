"""The bodies that go out: plain JSON for a webhook, Slack's blocks for Slack. Pure."""

import base64
from datetime import UTC, datetime
from typing import Any

from liveavatar_ops.schedule.notify.message import SCHEMA, Message
from liveavatar_ops.schedule.states import State

MARKS = {
    State.UP: ":large_green_circle:",
    State.DEGRADED: ":large_yellow_circle:",
    State.DOWN: ":red_circle:",
    State.FLAPPING: ":large_orange_circle:",
    State.BLIND: ":white_circle:",
}
HEADER_MOST = 150  # Slack refuses the whole message beyond these
TEXT_MOST = 2900


def sheet_of(message: Message, page_url: str | None) -> str | None:
    """Where the contact sheet is to be seen: at the status page if it has an address, else as a file."""
    return _seen_at(message.sheet, f"sheets/{message.run}.png", message, page_url)


def report_of(message: Message, page_url: str | None) -> str | None:
    """Where the report of the check that decided is to be read, likewise."""
    return _seen_at(message.report, f"reports/{message.run}.html", message, page_url)


def _seen_at(path: str | None, name: str, message: Message, page_url: str | None) -> str | None:
    if path is None or message.run is None:
        return None
    return f"{page_url.rstrip('/')}/{name}" if page_url else path


def webhook_body(
    message: Message, number: int, page_url: str | None, *, sheet: bytes | None = None
) -> dict[str, Any]:
    """
    Plain JSON. `id` is the same when a message comes twice (after a crash), so that it can be told.

    `sheet` (PNG) goes along as base64, where the channel wants it.
    """
    shown = {} if sheet is None else {"contact_sheet_png": base64.b64encode(sheet).decode()}
    return {
        **shown,
        "schema": SCHEMA,
        "id": number,
        "event": message.event,
        "target": message.target or None,
        "from": message.before.value,
        "to": message.now.value,
        "at": datetime.fromtimestamp(message.at, UTC).isoformat(timespec="seconds"),
        "title": message.title,
        "sentence": message.sentence,
        "cause": message.cause,
        "next_step": message.next_step,
        "first_frame_s": message.first_frame_s,
        "fps": message.fps,
        "report": report_of(message, page_url),
        "contact_sheet": sheet_of(message, page_url),
        "status_page": page_url,
    }


def slack_body(message: Message, page_url: str | None, *, show_sheet: bool = False) -> dict[str, Any]:
    """
    Slack's incoming-webhook shape. The contact sheet is a link unless `show_sheet` makes it an image block,
    which Slack fetches from the status page: it refuses the whole message if it cannot.
    """
    mark = MARKS.get(message.now, ":large_orange_circle:")
    title = f"{mark} {message.title}"
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(title, HEADER_MOST)}]
    body = "\n".join(_escaped(part) for part in (message.sentence, message.next_step) if part)
    if body:
        blocks.append({"type": "section", "text": _markdown(body)})
    facts = _facts(message)
    if facts:
        blocks.append({"type": "section", "fields": [_markdown(fact) for fact in facts]})
    if show_sheet and page_url and (sheet := sheet_of(message, page_url)):
        alt = _cut(f"What a viewer of {message.target} saw", HEADER_MOST)
        blocks.append({"type": "image", "image_url": sheet, "alt_text": alt})
    if notes := _notes(message, page_url):
        blocks.append({"type": "context", "elements": [_markdown(notes)]})
    return {"text": _escaped(f"{message.title}. {message.sentence}").strip(), "blocks": blocks}


def _facts(message: Message) -> list[str]:
    pairs = [
        ("State", f"{message.before.value} → {message.now.value}" if message.event == "state" else ""),
        ("Cause", message.cause.replace("_", " ") if message.cause != "none" else ""),
        ("First frame", f"{message.first_frame_s:.1f} s" if message.first_frame_s is not None else ""),
        ("Frame rate", f"{message.fps:.0f} fps" if message.fps is not None else ""),
    ]
    return [f"*{name}*\n{_escaped(value)}" for name, value in pairs if value]


def _notes(message: Message, page_url: str | None) -> str:
    shown = (("Report", report_of(message, page_url)), ("Contact sheet", sheet_of(message, page_url)))
    parts = [
        f"<{place}|{name}>" if page_url else f"{name}: `{_escaped(place)}`" for name, place in shown if place
    ]
    if page_url:
        parts.append(f"<{page_url}|Status page>")
    return " · ".join(parts)


def _escaped(text: str) -> str:
    """Slack's own three; without them a name could become a link or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _cut(text, most), "emoji": True}


def _markdown(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": _cut(text, TEXT_MOST)}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
