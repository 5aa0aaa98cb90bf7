"""
Sends what lies in the outbox: each target's news in order, for a day if need be, and never says where to.

The address of a webhook is a secret; what can be read of a channel is the name of its environment variable.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.notify import letters
from liveavatar_ops.schedule.notify.bodies import slack_body, webhook_body
from liveavatar_ops.schedule.notify.message import Message
from liveavatar_ops.schedule.shelf import SHEETS, content, file_in

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
PATIENT_ATTEMPTS = 6  # some minutes; after them newer news takes the place of older, and the log is silent
TIMEOUT_S = 10.0
WORTH_REPEATING = (401, 403, 404, 408, 410, 425, 429)
"""Refusals that may pass: busy, too early, or a webhook that is just being replaced."""


class NotDelivered(Exception):
    """One attempt failed; `for_good` if another one would fail alike. The text names no address."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


Send = Callable[[SecretStr, bytes], None]


@dataclass(frozen=True)
class Letter:
    """One message for one channel."""

    number: int
    channel: str
    message: Message
    attempt: int


class Outbox:
    """
    Every watcher may empty it; a letter is claimed before it is sent. `urls` by channel name.

    The channels in `showing` get the contact sheet itself, out of the `evidence` folder.
    """

    def __init__(
        self,
        database: Database,
        urls: Mapping[str, SecretStr],
        *,
        now: Callable[[], float],
        log: Log,
        page_url: str | None = None,
        evidence: Path | None = None,
        showing: Collection[str] = (),
        send: Send | None = None,
    ) -> None:
        self._db = database
        self._urls = urls
        self._now = now
        self._log = log
        self._page_url = page_url
        self._evidence = evidence
        self._showing = showing
        self._send = send or post

    def empty(self) -> int:
        """Send what is due, each channel's letters in order; returns how many arrived."""
        arrived = 0
        for channel in self._urls:
            while (letter := self._claim(channel)) is not None:
                if not self._deliver(letter):
                    break
                arrived += 1
        return arrived

    def _claim(self, channel: str) -> Letter | None:
        """
        The channel's oldest letter that is due; claiming it is what puts off its next attempt.

        It waits for no letter but those of its own target: a body that one receiver cannot take is no
        reason to keep the others back.
        """
        now = self._now()
        with self._db.writing() as db:
            waiting = letters.first_of_each_target(db, channel)
            row = next((row for row in waiting if _is_due(row["try_at"], now)), None)
            if row is None:
                return None
            if row["attempts"] >= PATIENT_ATTEMPTS:
                row = letters.newest_instead(db, row)
            attempt = row["attempts"] + 1
            sends = 2 if self._shows(channel, attempt) else 1  # with the picture, then without
            letters.put_off(db, row["id"], attempt, now + sends * TIMEOUT_S + _pause_s(attempt))
        return Letter(row["id"], channel, Message.model_validate_json(row["message"]), attempt)

    def _deliver(self, letter: Letter) -> bool:
        try:
            self._send_one(letter)
        except NotDelivered as why:
            return self._failed(letter, why)
        with self._db.writing() as db:
            letters.arrived(db, letter.number, self._now())
        self._log.say("message.delivered", channel=letter.channel, title=letter.message.title)
        return True

    def _send_one(self, letter: Letter) -> None:
        """With its picture where that is wanted; a receiver that will not have it gets the words."""
        sheet = self._sheet(letter) if self._shows(letter.channel, letter.attempt) else None
        try:
            self._send(self._urls[letter.channel], self._body(letter, sheet))
        except NotDelivered as why:
            if sheet is None or not why.for_good:
                raise
            self._send(self._urls[letter.channel], self._body(letter, None))

    def _shows(self, channel: str, attempt: int) -> bool:
        """The first attempt only: who breaks off at a large body, or takes too long, gives no reason."""
        return channel in self._showing and attempt == 1

    def _sheet(self, letter: Letter) -> bytes | None:
        if self._evidence is None or letter.message.run is None:
            return None
        return content(file_in(self._evidence, letter.message.sheet, SHEETS.suffix), SHEETS)

    def _failed(self, letter: Letter, why: NotDelivered) -> bool:
        """Whether it was given up, so that the next one may go: this one is out of the way."""
        given_up = why.for_good or letter.attempt >= letters.MOST_ATTEMPTS
        if given_up or letter.attempt <= PATIENT_ATTEMPTS:
            self._log.say(
                "message.not_delivered",
                channel=letter.channel, why=str(why), attempt=letter.attempt, given_up=given_up,
            )  # fmt: skip
        with self._db.writing() as db:
            if not given_up:  # known to have failed: no need to wait as for a sender that may have died
                letters.put_off(db, letter.number, letter.attempt, self._now() + _pause_s(letter.attempt))
                return False
            letters.lost(db, letter.number, str(why))
        return True

    def _body(self, letter: Letter, sheet: bytes | None) -> bytes:
        if letter.channel.startswith("slack:"):
            body = slack_body(letter.message, self._page_url, show_sheet=sheet is not None)
        else:
            body = webhook_body(letter.message, letter.number, self._page_url, sheet=sheet)
        return json.dumps(body).encode()


def _pause_s(attempt: int) -> float:
    doubled = 2 ** min(attempt - 1, 30)
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * float(doubled))


def _is_due(try_at: float, now: float) -> bool:
    """One that lies further ahead than any pause was put off before the clock was set back."""
    return not now < try_at <= now + 2 * TIMEOUT_S + LONGEST_PAUSE_S


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Following one would carry the message, and the secret path, to somebody else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def post(url: SecretStr, body: bytes) -> None:
    """One attempt. Raises NotDelivered, whose text holds neither the address nor what the server said."""
    try:
        request = urllib.request.Request(  # noqa: S310 (the scheme was checked when the setting was read)
            url.get_secret_value(),
            data=body,
            headers={"Content-Type": "application/json", "User-Agent": "liveavatar-ops"},
            method="POST",
        )
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
            answer.read(4096)
    except urllib.error.HTTPError as refused:
        code = refused.code
        refused.close()
        for_good = 300 <= code < 500 and code not in WORTH_REPEATING
        raise NotDelivered(f"the receiver answered HTTP {code}", for_good=for_good) from None
    except (OSError, HTTPException, ValueError) as why:
        raise NotDelivered(f"the receiver was not reached ({type(why).__name__})") from None
