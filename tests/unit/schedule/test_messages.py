"""What people are told, in which shape, how often, and never where to."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from liveavatar_ops.schedule import store
from liveavatar_ops.schedule.config import Channel
from liveavatar_ops.schedule.database import Database
from liveavatar_ops.schedule.log import Log
from liveavatar_ops.schedule.notify.bodies import slack_body, webhook_body
from liveavatar_ops.schedule.notify.letters import MOST_ATTEMPTS
from liveavatar_ops.schedule.notify.message import budget_spent, change
from liveavatar_ops.schedule.notify.send import NotDelivered, Outbox, post
from liveavatar_ops.schedule.settings import known_secrets, webhook_urls
from liveavatar_ops.schedule.states import State
from tests.support.watch_world import Receiver
from tests.support.watching import NOON, Clock, outcome, rows

PAGE = "https://status.example.com/avatars/"
DOWN = change(
    "prod/desk", State.UP, State.DOWN, at=NOON, lasted_s=999.0, run=17,
    outcome=outcome("unhealthy", headline="Still for 12 s <!channel> & so on.", next_step="Look.",
                    sheet="/e/s.png", report="/e/report.html", fps=25.0),
)  # fmt: skip
UP = change("prod/desk", State.DOWN, State.UP, at=NOON, lasted_s=4000.0, run=18, outcome=outcome())


def test_a_relief_says_how_long_it_took():
    """And nothing of what to do."""
    assert (UP.title, UP.next_step) == ("prod/desk is up again after 1 h 7 min down", "")


@pytest.mark.parametrize("page", [PAGE, None])
def test_the_webhook_body_is_complete(page):
    """Machines get every figure, and the sheet where they can fetch it: by the page, else as a path."""
    body = webhook_body(DOWN, 5, page)

    assert (body["id"], body["from"], body["to"], body["cause"]) == (5, "up", "down", "frozen")
    assert body["at"] == "2026-03-01T12:00:00+00:00"
    assert body["contact_sheet"] == (f"{PAGE}sheets/17.png" if page else "/e/s.png")
    assert body["report"] == (f"{PAGE}reports/17.html" if page else "/e/report.html")
    json.dumps(body)


def test_slack_is_given_blocks_it_takes():
    """Header as plain text within 150 characters; the rest escaped, or a name could mention a channel."""
    long = DOWN.model_copy(update={"title": "x" * 400, "sentence": "y" * 4000})
    body, cut = slack_body(DOWN, PAGE), slack_body(long, None)
    text = json.dumps(body, ensure_ascii=False)

    assert body["blocks"][0]["text"]["type"] == "plain_text"
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; so on." in text
    assert f"<{PAGE}reports/17.html|Report> · <{PAGE}sheets/17.png|Contact sheet>" in text
    assert "*First frame*\\n1.5 s" in text
    assert len(cut["blocks"][0]["text"]["text"]) <= 150
    assert len(cut["blocks"][1]["text"]["text"]) <= 3000
    assert "Report: `/e/report.html` · Contact sheet: `/e/s.png`" in json.dumps(cut, ensure_ascii=False)
    assert "image" not in {block["type"] for block in body["blocks"]}, "Slack could not fetch it"


def test_the_budget_message_says_what_to_do():
    """In both shapes."""
    message = budget_spent(199.0, 200.0, NOON + 7200, NOON)

    assert "199 of 200 credits" in message.sentence
    assert "next 2 h" in slack_body(message, None)["blocks"][1]["text"]["text"]
    assert webhook_body(message, 1, None)["target"] is None


class Mailbox:
    """An outbox with a clock and a sender that fails as told."""

    def __init__(self, folder: Path, *fails: NotDelivered | None) -> None:
        self.clock, self.sent, self.refused = Clock(), [], set()
        self.database = Database(folder / "w.sqlite3")
        self.database.prepare()
        self.fails = list(fails)
        self.outbox = self.another()

    def another(self, **more) -> Outbox:
        urls = {"webhook:A": SecretStr("https://a"), "slack:B": SecretStr("https://b")}
        log = Log(open("/dev/null", "w"))  # noqa: PTH123, SIM115 (closed with the process)
        return Outbox(self.database, urls, now=self.clock, log=log, **{"send": self.send, **more})

    def send(self, url: SecretStr, body: bytes) -> None:
        if failure := (self.fails.pop(0) if self.fails else None):
            raise failure
        if json.loads(body).get("title") in self.refused:
            raise NotDelivered("the receiver answered HTTP 500")
        self.sent.append((url.get_secret_value(), json.loads(body)))

    def put(self, *titles: str, channel: str = "webhook:A", target: str = "prod/desk") -> None:
        with self.database.writing() as db:
            for title in titles:
                message = DOWN.model_copy(update={"title": title})
                store.post(db, channel, target, message.model_dump(mode="json"), self.clock.at)

    def titles(self) -> list[str]:
        return [body["title"] for _, body in self.sent]


def test_each_message_goes_out_once_and_in_order(tmp_path: Path):
    """Whoever empties the box, and however often."""
    box = Mailbox(tmp_path)
    box.put("one", "two")
    counts = [box.outbox.empty(), box.another().empty(), box.outbox.empty()]

    assert counts == [2, 0, 0]
    assert box.titles() == ["one", "two"]


def test_a_failed_message_is_tried_again_and_keeps_its_place(tmp_path: Path):
    """A recovery before its outage would be read wrongly."""
    box = Mailbox(tmp_path, NotDelivered("no"), NotDelivered("no"))
    box.put("down", "up")
    seen = []
    for _ in range(40):
        box.outbox.empty()
        seen.append(len(box.sent))
        box.clock.at += 1.0

    assert box.titles() == ["down", "up"]
    assert seen[4:6] == [0, 0]
    assert seen[15] == 2


def test_attempts_are_bounded_and_what_is_given_up_is_known(tmp_path: Path):
    """Nor is another target's message held up by it."""
    box = Mailbox(tmp_path)
    box.refused.add("lost")
    box.put("lost")
    box.put("kept", target="prod/lobby")
    for _ in range(2 * MOST_ATTEMPTS):
        box.outbox.empty()
        box.clock.at += 300.0

    assert box.titles() == ["kept"]
    assert rows(box.database.path, "SELECT given_up, attempts FROM outbox ORDER BY id")[0] == {
        "given_up": "the receiver answered HTTP 500", "attempts": MOST_ATTEMPTS,
    }  # fmt: skip


def test_a_refusal_for_good_is_not_repeated(tmp_path: Path):
    """A 400 stays one."""
    box = Mailbox(tmp_path, NotDelivered("HTTP 400", for_good=True))
    box.put("lost", "kept")
    box.outbox.empty()

    assert box.titles() == ["kept"]


def test_a_sender_that_died_is_followed_by_another(tmp_path: Path):
    """Claimed, not sent: after its time-out somebody else sends it."""
    box = Mailbox(tmp_path)
    box.put("one")

    def dies(_: SecretStr, __: bytes) -> None:
        raise KeyboardInterrupt

    dying = Outbox(box.database, {"webhook:A": SecretStr("x")}, now=box.clock, log=Log(), send=dies)
    with pytest.raises(KeyboardInterrupt):
        dying.empty()
    early = box.outbox.empty()
    box.clock.at += 60.0

    assert (early, box.outbox.empty(), box.titles()) == (0, 1, ["one"])


@pytest.mark.parametrize(
    ("code", "for_good"), [(500, False), (503, False), (429, False), (404, False), (302, True), (307, True)]
)
def test_an_answer_is_not_quoted_and_no_redirect_is_followed(code: int, for_good: bool):
    """The error names the status and nothing of the address."""
    with Receiver(code) as receiver:
        with pytest.raises(NotDelivered) as failed:
            post(SecretStr(receiver.url), b"{}")

        assert (str(failed.value), failed.value.for_good) == (f"the receiver answered HTTP {code}", for_good)
        assert len(receiver.bodies) == 1


def test_an_unreachable_receiver_is_not_named():
    """Not even by the library's own error."""
    with pytest.raises(NotDelivered) as failed:
        post(SecretStr("http://127.0.0.1:1/very-secret"), b"{}")

    assert "very-secret" not in repr(failed.value) + str(failed.value.__cause__) + str(
        failed.value.__context__ or ""
    )
    assert not failed.value.for_good


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "A is not set; it should hold the address of the slack"),
        ("ftp://x/very-secret", "A: is no address that begins with https://"),
        ("https://x/very secret", "A: is no address that begins with https://"),
        ("https://[x/very-secret", "A: is no address"),
        ("http://hooks.example.com/very-secret",
         "A: must begin with https: the address is a secret and would cross the network in clear text"),
    ],
)  # fmt: skip
def test_an_unusable_address_is_not_quoted(value: str, said: str):
    """The complaint names the variable."""
    assert webhook_urls([Channel(kind="slack", url_env="A")], {"A": value}) == ({}, [said])


def test_addresses_are_secrets():
    """They are scrubbed from whatever a check says, as the key is."""
    urls, problems = webhook_urls([Channel(kind="webhook", url_env="A")], {"A": " http://127.0.0.1:5/x "})

    assert problems == []
    assert repr(urls) == "{'webhook:A': SecretStr('**********')}"
    assert known_secrets(urls, {"LIVEAVATAR_API_KEY": "k"}) == ("k", "http://127.0.0.1:5/x")
