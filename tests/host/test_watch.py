"""Real watcher processes: killed, told to stop, two at once. The checks are fakes that write what they do."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.standing_still import stand_still
from tests.support.watch_world import Receiver, World, fetch, wait_for, world
from tests.support.watching import rows


@pytest.fixture
def three(tmp_path: Path) -> Iterator[World]:
    """Three targets, checked every second."""
    with world(tmp_path) as made:
        yield made


def doubled(notes: list[dict]) -> list[dict]:
    """Checks that began while another one of the same target was going on, in the order of the log."""
    going: dict[str, int] = {}
    found = []
    for note in notes:
        if note["event"] == "start":
            if note["target"] in going:
                found.append(note)
            going[note["target"]] = note["token"]
        elif going.get(note["target"]) == note["token"]:
            del going[note["target"]]
    return found


def tokens_in_order(notes: list[dict]) -> bool:
    """Whether fencing tokens only grew, target by target."""
    by_target: dict[str, list[int]] = {}
    for note in notes:
        if note["event"] == "start":
            by_target.setdefault(note["target"], []).append(note["token"])
    return all(tokens == sorted(set(tokens)) for tokens in by_target.values())


def test_two_watchers_share_and_a_killed_one_is_replaced(three: World):
    """SIGKILL in the middle of checks: the other goes on with all targets, none is checked twice at once."""
    three.checks_are(lasts_s=0.6)
    one, two = three.watcher(), three.watcher()
    three.wait_for_rounds(3)
    wait_for(lambda: one.saw("check.ended") and two.saw("check.ended"), "both watchers at work")
    held = wait_for(lambda: held_midway(one, three), "a check of the first watcher")
    one.end(signal.SIGKILL)
    os.kill(held["pid"], signal.SIGCONT)
    three.wait_for_rounds(3)
    code = two.end()
    notes = three.notes

    assert code == 0
    assert doubled(notes) == []
    assert tokens_in_order(notes)
    assert held["token"] in {n["token"] for n in notes if n.get("how") == "stopped"}, "it was told to end"
    lost = rows(three.state / "watch.sqlite3", "SELECT token FROM runs WHERE stage = 'lost'")
    assert held["token"] in {row["token"] for row in lost}
    assert rows(three.state / "watch.sqlite3", "SELECT * FROM leases") == []


def running(process, made: World) -> set[int]:
    """Tokens of checks that this watcher began and that go on."""
    begun = {e["run"] for e in process.saw("check.started")}
    over = {n["token"] for n in made.notes if n["event"] == "end"}
    began = {n["token"] for n in made.notes if n["event"] == "start"}
    return (begun & began) - over


def held_midway(process, made: World) -> dict | None:
    """The note of a check of this watcher that stands still, its end still to come; None if there is none."""
    going = running(process, made)
    for note in [n for n in made.notes if n["event"] == "start" and n["token"] in going]:
        if stand_still(note["pid"]):
            if note["token"] in running(process, made):
                return note
            os.kill(note["pid"], signal.SIGCONT)
    return None


def test_a_watcher_that_hangs_is_replaced_and_its_result_does_not_count(tmp_path: Path):
    """SIGSTOP: the process lives but does nothing. Its lease runs out, its check is ended, others go on."""
    with world(tmp_path, templates=("a",)) as made:
        made.checks_are(lasts_s=2.0)
        one = made.watcher()
        wait_for(lambda: running(one, made), "a check of the first watcher")
        one.child.send_signal(signal.SIGSTOP)
        made.checks_are(lasts_s=0.1)
        two = made.watcher()
        wait_for(lambda: len(two.saw("check.ended")) >= 2, "the second watcher's checks")
        one.child.send_signal(signal.SIGCONT)
        wait_for(lambda: len(two.saw("check.ended")) + len(one.saw("check.ended")) >= 4, "both to go on")
        codes = one.end(), two.end()

        assert codes == (0, 0)
        assert doubled(made.notes) == []
        assert tokens_in_order(made.notes)


def test_sigterm_ends_checks_and_gives_everything_back(three: World):
    """Told to stop, the watcher tells its checks, waits for them, frees its leases and exits 0."""
    three.checks_are(lasts_s=60.0)
    one = three.watcher()
    wait_for(lambda: len(running(one, three)) == 3, "three running checks")
    code = one.end()
    state = three.state / "watch.sqlite3"

    assert code == 0
    assert [n["how"] for n in three.notes if n["event"] == "end"] == ["stopped"] * 3
    assert rows(state, "SELECT * FROM leases") == []
    assert {row["stage"] for row in rows(state, "SELECT stage FROM runs")} == {"stopped"}
    assert one.events[-1]["event"] == "watcher.stopped"
    assert not [n for n in three.notes if _alive(n["pid"])]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_only_changes_are_told_and_the_address_is_nowhere(tmp_path: Path):
    """An outage and its end are two messages, however many checks there were; no line holds the address."""
    channels = [{"kind": "webhook", "url_env": "HOOK"}, {"kind": "slack", "url_env": "SLACK"}]
    serve = {"page_url": "https://status.example.com/avatars"}
    settings = {"notify": channels, "serve": serve, "confirm": {"every": "1s"}, "templates": ("a",)}
    with Receiver(503, 200) as plain, Receiver() as slack, world(tmp_path, **settings) as made:
        one = made.watcher(HOOK=plain.url, SLACK=slack.url)
        made.wait_for_rounds(3)
        made.checks_are(verdict="unhealthy", cause="frozen")
        wait_for(lambda: slack.bodies, "the outage")
        made.wait_for_rounds(3)
        made.checks_are()
        wait_for(lambda: len(slack.bodies) == 2, "the recovery")
        wait_for(lambda: len(plain.bodies) == 3, "the plain ones, the first of them twice")
        made.wait_for_rounds(2)
        one.end()
        log = (tmp_path / "watcher-0.log").read_text()

        assert [b["to"] for b in plain.bodies] == ["down", "down", "up"]
        assert plain.bodies[0] == plain.bodies[1], "repeated after a 503, as it was"
        assert plain.bodies[0]["contact_sheet"].startswith("https://status.example.com/avatars/sheets/")
        assert plain.bodies[0]["report"].startswith("https://status.example.com/avatars/reports/")
        assert slack.bodies[0]["text"].startswith("dev/a is down.")
        assert "&lt;frozen&gt;" in str(slack.bodies[0]), "escaped, or Slack would take it for a link"
        assert len(slack.bodies) == 2
        everything = log + "".join(p.read_text(errors="replace") for p in tmp_path.rglob("*") if p.is_file())
        assert "very-secret-path" not in everything
        assert "key-that-must-not-show" not in everything


def test_page_and_metrics_are_served_while_checks_run(three: World):
    """From the first second on, with the port that was printed."""
    one = three.watcher()
    three.wait_for_rounds(2)
    page, metrics = fetch(one.url), fetch(one.url + "metrics")
    sheet = page[2].decode().partition('src="')[2].partition('"')[0]
    picture = fetch(one.url + sheet)

    assert page[0] == metrics[0] == picture[0] == 200
    assert "All 3 avatars are up" in page[2].decode()
    assert b'probe_success{target="dev/a"} 1.0' in metrics[2]
    assert b'probe_first_frame_seconds{target="dev/b"} 1.5' in metrics[2]
    assert picture[2].startswith(b"\x89PNG")
    assert one.end() == 0


def test_a_check_without_a_result_is_inconclusive_and_keeps_secrets(tmp_path: Path):
    """Its last words are kept, but not if they hold the key."""
    with world(tmp_path, templates=("a",)) as made:
        made.checks_are(says="Traceback: key-that-must-not-show is bad", code=7)
        one = made.watcher()
        ended = wait_for(lambda: one.saw("check.ended"), "an end")[0]

        assert (ended["verdict"], ended["cause"]) == ("inconclusive", "own_host")
        assert "exit code 7" in ended["why"]
        assert "key-that-must-not-show" not in one._log.read_text()
        assert one.end() == 0


def test_a_check_may_take_longer_than_its_lease(tmp_path: Path):
    """The lease is renewed while it runs; the other watcher keeps away, and the result counts."""
    with world(tmp_path, templates=("a",), lease="5s") as made:
        made.checks_are(lasts_s=8.0)
        one, two = made.watcher(), made.watcher()
        wait_for(lambda: made.ended("dev/a") >= 2, "two long checks")
        codes = one.end(), two.end()

        assert codes == (0, 0)
        assert doubled(made.notes) == []
        assert not one.saw("check.superseded") + two.saw("check.superseded")
        assert not one.saw("check.orphan_ended") + two.saw("check.orphan_ended")
        assert rows(made.state / "watch.sqlite3", "SELECT * FROM runs WHERE stage = 'lost'") == []


def test_a_fault_of_ours_in_one_check_does_not_end_the_watch(tmp_path: Path):
    """The target's lease is let go and it is checked again; the others never stopped."""
    with world(tmp_path, templates=("a", "b"), lease="1s") as made:
        made.control.write_text("no such check")
        one = made.watcher()
        wait_for(lambda: one.saw("watcher.fault"), "the fault in the log")
        made.checks_are()
        made.wait_for_rounds(2)

        assert one.end() == 0


def test_a_watcher_follows_what_is_deployed(tmp_path: Path):
    """`pulumi up` while it runs: what is new is checked, what is gone is not, one line says so."""
    with world(tmp_path, templates=("a", "b"), read_again="1s") as made:
        one = made.watcher()
        made.wait_for_rounds(1)
        made.deploy("b", "c")
        [changed] = wait_for(lambda: one.saw("targets.changed"), "the change to be seen")
        made.wait_for_rounds(1)
        of_a = made.ended("dev/a")
        made.wait_for_rounds(2)

        assert (changed["added"], changed["removed"]) == (["dev/c"], ["dev/a"])
        assert made.ended("dev/a") - of_a <= 1, "at most the one that was running"
        page = fetch(one.url)[2].decode()
        assert "<h2>dev/c</h2>" in page
        assert "<h2>dev/a</h2>" not in page
        assert one.end() == 0


def test_what_cannot_be_read_again_is_on_the_page_until_it_can(tmp_path: Path):
    """The log says it once, the page as long as it holds; the targets of before are watched on."""
    unread = "What is deployed cannot be read again"
    named = [{"stack": "dev", "template": "a"}]
    with world(tmp_path, templates=("a",), read_again="1s", targets=named) as made:
        one = made.watcher()
        made.wait_for_rounds(1)
        made.deploy("b")
        wait_for(lambda: one.saw("targets.not_read"), "the other stack to be seen")
        wait_for(lambda: unread in fetch(one.url)[2].decode(), "the page to say so")
        made.deploy("a")
        made.wait_for_rounds(1)
        wait_for(lambda: unread not in fetch(one.url)[2].decode(), "the page to be content again")

        assert one.end() == 0


def test_a_check_that_finds_nothing_of_its_target_has_the_stack_read_again(tmp_path: Path):
    """Long before the next reading is due."""
    with world(tmp_path, templates=("a",), read_again="1h") as made:
        one = made.watcher()
        made.wait_for_rounds(1)
        made.deploy("b")
        made.checks_are(says="liveavatar-ops: --template: stack dev has no template a", code=2)
        wait_for(lambda: one.saw("targets.changed"), "the change to be seen")
        made.checks_are()
        wait_for(lambda: made.ended("dev/b"), "a check of what is there now")

        assert one.end() == 0
