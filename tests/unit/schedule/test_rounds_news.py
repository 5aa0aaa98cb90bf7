"""What people and the log hear of, and when."""

from tests.support.watching import (
    NOON,
    config,
    messages,
    once,
    outcome,
    rows,
    target,
    titles,
    watcher,
)

SLACK = {"kind": "slack", "url_env": "SLACK"}


def test_the_log_hears_of_every_change_of_state(file, clock):
    """Once, when it is decided: not of a first failure, and not of the second one after it."""
    heard: list[tuple[str, ...]] = []
    rounds = watcher(
        file, clock, [target()], config(), on_change=lambda *told: heard.append(tuple(map(str, told)))
    )
    once(rounds, *[outcome("healthy")] * 3, *[outcome("unhealthy")] * 4, clock=clock)

    assert heard == [("dev/front-desk", "unknown", "up"), ("dev/front-desk", "up", "down")]


def test_people_hear_of_changes_only(file, clock):
    """Ten healthy checks say nothing; an outage says two things."""
    rounds = watcher(file, clock, [target()], config(notify=[SLACK]))
    good, bad = outcome("healthy"), outcome("unhealthy", headline="The picture stood for 12 s.")
    once(rounds, *[good] * 10, bad, good, *[bad] * 5, *[good] * 5, clock=clock)
    down, up = messages(file)

    assert down["title"] == "dev/front-desk is down"
    assert (down["sentence"], down["cause"]) == ("The picture stood for 12 s.", "frozen")
    assert up["title"].startswith("dev/front-desk is up again after ")


def test_a_window_keeps_the_news_until_it_is_over(file, clock):
    """Muted: checked, not told; what still holds afterwards is told then."""
    window = {"from": "12:00", "for": "2h", "mode": "mute"}
    rounds = watcher(file, clock, [target()], config(notify=[SLACK], maintenance=[window]))
    once(rounds, *[outcome("unhealthy")] * 4, clock=clock)
    inside = titles(file)
    clock.at = NOON + 7201
    once(rounds, outcome("unhealthy"), clock=clock)

    assert inside == []
    assert titles(file) == ["dev/front-desk is down"]


def test_channels_hear_of_their_targets_only(file, clock):
    """A channel without targets hears of all."""
    channels = [{**SLACK, "targets": ["b"]}, {"kind": "webhook", "url_env": "ALL"}]
    rounds = watcher(file, clock, [target("a")], config(notify=channels))
    once(rounds, *[outcome("unhealthy")] * 3, clock=clock)

    assert [r["channel"] for r in rows(file, "SELECT channel FROM outbox")] == ["webhook:ALL"]


def test_a_watcher_that_sees_nothing_says_so_once(file, clock):
    """Inconclusive for three intervals: not an outage, but not silence either; the next good word ends it."""
    heard: list[tuple[str, ...]] = []
    rounds = watcher(
        file, clock, [target()], config(notify=[SLACK]),
        on_change=lambda *told: heard.append(tuple(map(str, told[1:]))),
    )  # fmt: skip
    unseen = outcome("inconclusive", report="/e/report.html")
    once(rounds, outcome("healthy"), *[unseen] * 6, clock=clock)
    for _ in range(3):
        rounds.look_for_blindness()
    once(rounds, outcome("healthy"), clock=clock)

    [blind, _] = messages(file)
    assert (blind["run"], blind["report"]) == (7, "/e/report.html"), "what the last check said stands there"
    assert [t.split(" after")[0] for t in titles(file)] == [
        "dev/front-desk is not seen: no check was conclusive",
        "dev/front-desk is up again",
    ]
    assert heard == [("unknown", "up"), ("up", "blind"), ("blind", "up")], "the log, too"


def test_the_end_of_the_budget_is_told_once_a_day(file, clock):
    """From then on nobody looks, and somebody should know."""
    rounds = watcher(file, clock, [target()], config(notify=[SLACK], budget={"credits_a_day": 3}))
    once(rounds, outcome("healthy"), outcome("healthy"), clock=clock)
    clock.at += 400
    for _ in range(3):
        rounds.start_due()
        clock.at += 10
    today = titles(file)
    clock.at += 86400
    once(rounds, outcome("healthy"), outcome("healthy"), clock=clock)
    clock.at += 400
    rounds.start_due()

    assert today == ["The watcher's credits for today are used up"]
    assert len(titles(file)) == 2
