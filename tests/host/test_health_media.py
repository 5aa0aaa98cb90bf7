"""
The video check against a running emulator with a real media server: what a viewer would see, named by
its cause, and no session left open, however the check ends.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from liveavatar_ops.health.ledger import Ledger
from liveavatar_ops.health.owner import Liveness, liveness
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import SHARED_MACHINE, check, flags, janitor, named, running_check, until

pytestmark = pytest.mark.media

SHORT: dict[str, float] = {"watch_s": 2, "warm_up_s": 0.5}
IN_A_ROW = 20


@pytest.fixture(scope="module")
def warm() -> Iterator[RunningEmulator]:
    with running_emulator(media=True) as emulator:
        yield emulator


def test_a_living_avatar_is_healthy_twenty_times_in_a_row(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """Not one false alarm, and after each run no open session."""
    for turn in range(IN_A_ROW):
        ended = check(env, *flags(SHORT | SHARED_MACHINE))

        assert ended.verdict == ("healthy", "none"), (turn, ended.result and ended.result["judgement"])
        assert emulator.active_sessions() == []
    assert ledger.open_rows() == []


def test_a_healthy_check_tells_what_it_saw(emulator: RunningEmulator, env: dict[str, str], tmp_path: Path):
    """Figures within sight of the truth, a contact sheet with every picture, a result file, JUnit."""
    folder = tmp_path / "ev"

    ended = check(env, *flags(SHORT), "--evidence", str(folder), "--junit", str(tmp_path / "junit.xml"))

    assert ended.result is not None
    facts = ended.result["facts"]
    assert 1 < facts["video"]["fps"] <= 31
    assert (facts["video"]["width"], facts["video"]["height"]) == (1280, 720)
    assert 0 < facts["room"]["connect_started_s"] < facts["video"]["first_frame_s"]
    assert facts["video"]["analysed_share"] > 0
    assert facts["room"]["participants"] == ["heygen"]
    assert facts["room"]["path"]["protocol"] == "udp"
    assert facts["network"]["codec"] == "video/H264"
    assert facts["audio"]["frames"] > 0
    assert facts["stop"]["stopped"] is True
    assert facts["probe_failure"] is None
    with Image.open(folder / "contact-sheet.png") as sheet:
        assert sheet.width >= 1000
    assert ended.result["evidence"]["contact_sheet"] == str(folder / "contact-sheet.png")
    assert "<testsuite" in (tmp_path / "junit.xml").read_text()


NO_LONG_WAIT = {"join_degraded_s": 2, "join_unhealthy_s": 4, "avatar_deadline_s": 5}
CAUSES = [
    pytest.param({"name": "no_video"}, {"video_deadline_s": 4}, "no_video", id="no video"),
    pytest.param({"name": "frozen"}, {"watch_s": 4}, "frozen", id="frozen"),
    pytest.param({"name": "black"}, {"watch_s": 4}, "black", id="black"),
    pytest.param({"name": "late_avatar", "delay_s": 60}, NO_LONG_WAIT, "no_avatar", id="too late"),
    pytest.param({"name": "no_avatar"}, NO_LONG_WAIT, "no_avatar", id="no avatar"),
    pytest.param({"name": "leaves", "after_s": 6}, {"watch_s": 30}, "avatar_left", id="leaves"),
    pytest.param({"name": "dispatch_failed"}, {}, "no_avatar", id="dispatch failed"),
    pytest.param({"name": "bad_livekit_token"}, {}, "signalling", id="bad room token"),
    pytest.param({"name": "dead_media"}, {"connect_deadline_s": 4}, "signalling", id="dead media"),
]


@pytest.mark.parametrize(("fault", "limits", "cause"), CAUSES)
def test_what_a_viewer_would_miss_is_named_by_its_cause(
    emulator: RunningEmulator,
    env: dict[str, str],
    fault: dict[str, Any],
    limits: dict[str, float],
    cause: str,
):
    """Right cause, and after it no open session."""
    emulator.admin("POST", "/faults", {"fault": fault})

    ended = check(env, *flags(SHORT | limits))

    assert named(ended) == ("unhealthy", cause)
    assert emulator.active_sessions() == []


def test_a_late_avatar_that_comes_is_slow(emulator: RunningEmulator, env: dict[str, str]):
    """Within our patience but past the limit: it came, and too late."""
    emulator.admin("POST", "/faults", {"fault": {"name": "late_avatar", "delay_s": 8}})

    ended = check(env, *flags(SHORT | {"join_degraded_s": 1, "join_unhealthy_s": 2}))

    assert named(ended) == ("unhealthy", "slow")
    assert ended.result is not None
    assert ended.result["facts"]["video"]["frames"] > 0


@pytest.mark.parametrize("killed", ["parent", "parent and child"])
def test_killed_while_watching_leaves_nothing_open(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger, killed: str
):
    """The child stops its own session when its parent dies; if both die, the janitor does."""
    with running_check(env, "--watch-for", "60") as parent:
        until(lambda: any(row.state == "started" for row in ledger.open_rows()), "a session")
        [row] = ledger.open_rows()
        child = row.child
        assert child is not None
        if killed == "parent and child":
            os.kill(child.pid, signal.SIGSTOP)
        parent.kill()
        parent.wait()
        if killed == "parent and child":
            os.kill(child.pid, signal.SIGKILL)
        until(lambda: liveness(child) is Liveness.dead, "the child's end")

    assert janitor(env).code == 0
    assert ledger.open_rows() == []
    assert emulator.active_sessions() == []


def test_an_interrupted_watch_ends_at_once_and_in_order(
    emulator: RunningEmulator, env: dict[str, str], ledger: Ledger
):
    """Ctrl-C in the middle of a long watch."""
    with running_check(env, "--watch-for", "60") as parent:
        until(lambda: any(row.state == "started" for row in ledger.open_rows()), "a session")
        parent.send_signal(signal.SIGINT)
        out, errors = parent.communicate(timeout=60)

    assert (parent.returncode, out) == (130, "")
    assert "Nothing was left open" in errors
    assert [one["end_reason"] for one in emulator.admin("GET", "/sessions")] == ["USER_CLOSED"]
