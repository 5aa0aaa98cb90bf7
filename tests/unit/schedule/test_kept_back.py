"""News that a window keeps back: told when it is over, though no check ends just then, and told right."""

from pathlib import Path

import pytest

from tests.support.watching import NOON, Clock, config, messages, once, outcome, target, titles, watcher

HOURS = 3600.0
SLACK = {"kind": "slack", "url_env": "SLACK"}
MUTE = {"from": "12:00", "for": "2h", "mode": "mute"}


def seldom(file: Path, clock: Clock, window: dict, every_s: float = 6 * HOURS, **more):
    """A target that is looked at every six hours."""
    settings = config(notify=[SLACK], maintenance=[window], confirm={"failures": 1, "recoveries": 1}, **more)
    return watcher(file, clock, [target(every_s=every_s)], settings)


def test_news_is_told_when_the_window_ends(file: Path, clock: Clock):
    """Not hours later, when the next check does."""
    rounds = seldom(file, clock, MUTE)
    found = outcome("unhealthy", headline="It stood still.", next_step="Look.", report="/e/r.html", fps=3.0)
    once(rounds, found, clock=clock)
    clock.at = NOON + 2 * HOURS - 1.0
    rounds.look_for_blindness()
    inside = titles(file)
    clock.at = NOON + 2 * HOURS
    for _ in range(3):
        rounds.look_for_blindness()
    [told] = messages(file)

    assert inside == []
    assert told["title"] == "dev/front-desk is down"
    assert (told["sentence"], told["cause"], told["next_step"]) == ("It stood still.", "frozen", "Look.")
    assert (told["run"], told["report"], told["first_frame_s"], told["fps"]) == (1, "/e/r.html", 1.5, 3.0)


def test_the_check_that_is_told_of_is_the_one_that_found_it(file: Path, clock: Clock):
    """A good one after it does not speak for an outage that it has not ended yet."""
    settings = config(notify=[SLACK], maintenance=[MUTE], every="1h")
    rounds = watcher(file, clock, [target(every_s=HOURS)], settings)
    once(rounds, *[outcome("unhealthy")] * 2, outcome("healthy"), clock=clock)
    clock.at = NOON + 2 * HOURS
    rounds.look_for_blindness()
    [told] = messages(file)

    assert (told["title"], told["cause"], told["run"]) == ("dev/front-desk is down", "frozen", 2)


def test_a_target_that_went_unseen_inside_a_window_is_told(file: Path, clock: Clock):
    """If it still is when the window ends."""
    rounds = seldom(file, clock, MUTE, every_s=600.0)
    once(rounds, outcome("healthy"), clock=clock)
    clock.at = NOON + HOURS
    rounds.look_for_blindness()
    inside = titles(file)
    clock.at = NOON + 2 * HOURS
    for _ in range(3):
        rounds.look_for_blindness()

    assert inside == []
    assert titles(file) == ["dev/front-desk is not seen: no check was conclusive"]


@pytest.mark.parametrize("targets", [[], ["a"]])
def test_the_budget_is_kept_back_by_a_window_over_everything(file: Path, clock: Clock, targets: list[str]):
    """And told after it if it is still used up; a window over some targets keeps nothing back."""
    heard: list[float] = []
    settings = config(notify=[SLACK], maintenance=[{**MUTE, "targets": targets}], budget={"credits_a_day": 1})
    rounds = watcher(
        file, clock, [target("a"), target("b")], settings, on_used_up=lambda spent, _: heard.append(spent)
    )
    rounds.start_due()
    inside = (len(titles(file)), len(heard))
    clock.at = NOON + 2 * HOURS
    for _ in range(3):
        rounds.start_due()

    assert inside == ((1, 1) if targets else (0, 0))
    assert titles(file) == ["The watcher's credits for today are used up"]
    assert len(heard) == 1


def test_a_recovery_inside_a_window_is_told_with_the_length_of_the_outage(file: Path, clock: Clock):
    """An hour down, however late it is told."""
    clock.at = NOON - HOURS
    settings = config(notify=[SLACK], maintenance=[MUTE], confirm={"failures": 1, "recoveries": 1})
    rounds = watcher(file, clock, [target(every_s=HOURS)], settings)
    once(rounds, outcome("unhealthy"), clock=clock)
    clock.at = NOON - HOURS + 3620.0 - 20.0
    once(rounds, outcome("healthy"), clock=clock)
    clock.at = NOON + 2 * HOURS
    rounds.look_for_blindness()

    assert clock.at - NOON == 2 * HOURS
    assert titles(file)[1].startswith("dev/front-desk is up again after 1 h")


def test_what_was_seen_before_a_pause_is_not_told_after_it(file: Path, clock: Clock):
    """It may have been mended in it: the check that is due then has the word."""
    clock.at = NOON - 10.0
    rounds = seldom(file, clock, {**MUTE, "mode": "pause"})
    once(rounds, outcome("unhealthy"), clock=clock)
    clock.at = NOON + 2 * HOURS
    rounds.look_for_blindness()
    before_the_check = titles(file)
    once(rounds, outcome("unhealthy"), clock=clock)

    assert before_the_check == []
    assert titles(file) == ["dev/front-desk is down"]


@pytest.mark.parametrize("first", ["unhealthy", "inconclusive"])
def test_a_watcher_that_was_away_for_days_checks_before_it_tells(file: Path, clock: Clock, first: str):
    """What a window kept back then is no news by now; a check that says nothing does not make it any."""
    once(seldom(file, clock, MUTE, every_s=HOURS), outcome("unhealthy"), clock=clock)
    clock.at += 5 * 24 * HOURS + 2 * HOURS
    rounds = seldom(file, clock, MUTE, every_s=HOURS)
    rounds.look_for_blindness()
    before_the_check = titles(file)
    once(rounds, outcome(first), clock=clock)
    rounds.look_for_blindness()

    assert before_the_check == []
    assert titles(file) == (["dev/front-desk is down"] if first == "unhealthy" else [])


def test_a_watcher_that_was_away_for_an_hour_tells_what_it_knows(file: Path, clock: Clock):
    """That is no longer than between two checks."""
    once(seldom(file, clock, MUTE), outcome("unhealthy"), clock=clock)
    clock.at = NOON + 2 * HOURS
    seldom(file, clock, MUTE).look_for_blindness()

    assert titles(file) == ["dev/front-desk is down"]
