"""
`liveavatar-ops rehearse` as a user types it: an emulator of its own, rows played, sessions counted, all of
it ended.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import junitparser
import pytest

from tests.support.emulator import descendants, wait_gone
from tests.support.health import until

REHEARSE = [str(Path(sys.executable).parent / "liveavatar-ops"), "rehearse"]
TEMPLATE = """
avatar_id: 11111111-0000-4000-8000-000000000000
video_settings: {quality: medium}
openai_realtime_config:
  secret_id: 22222222-0000-4000-8000-000000000000
  context_id: 33333333-0000-4000-8000-000000000000
  voice: cedar
health:
  api_start_degraded_s: 9
"""


def rehearsed(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*REHEARSE, *arguments], capture_output=True, text=True, timeout=300, check=False)


def faults(*names: str) -> list[str]:
    return [word for name in names for word in ("--fault", name)]


def outcomes(done: "subprocess.CompletedProcess[str]") -> list[dict[str, Any]]:
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "liveavatar-ops.rehearsal/1"
    found: list[dict[str, Any]] = document["outcomes"]
    return found


def test_what_needs_no_picture_is_named(tmp_path: Path):
    """Key, references, quota; and a session that only the janitor could stop is stopped by it."""
    names = ["wrong_key", "unknown_context", "nobody_listens", "unreachable", "no_credits", "stop_fails"]

    done = rehearsed("--json", "--junit", str(tmp_path / "junit.xml"), *faults(*names))

    seen = {
        each["row"]: (each["seen"]["cause"], each["standing"], each["open_sessions"])
        for each in outcomes(done)
    }
    assert seen == {
        "wrong_key": ("credentials", "right", 0),
        "unknown_context": ("configuration", "right", 0),
        "nobody_listens": ("own_network", "right", 0),
        "unreachable": ("vendor_api", "right", 0),
        "no_credits": ("quota", "right", 0),
        "stop_fails": ("clean_up", "right", 0),
    }
    assert done.returncode == 0
    assert junitparser.JUnitXml.fromstring((tmp_path / "junit.xml").read_bytes()).tests == 6


def test_a_template_whose_alarm_would_not_ring_fails_its_rehearsal(tmp_path: Path):
    """The reason to rehearse: with this template's own limit a start of 4 s is fine, and that is said."""
    file = tmp_path / "night.yaml"
    file.write_text(TEMPLATE)

    done = rehearsed("--template-file", str(file), *faults("start_slow"))

    assert done.returncode == 1
    assert "start_slow" in done.stdout
    assert "expected degraded, slow" in done.stdout
    assert "0 of 1 as expected, 1 not" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    child = subprocess.Popen(
        [*REHEARSE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_ends_everything_in_order(number: signal.Signals):
    """The running session is stopped, the emulator ends, the shell sees which signal it was."""
    said: list[str] = []
    with running("--times", "100", *faults("start_slow")) as child:
        assert child.stderr is not None
        errors = child.stderr
        reading = threading.Thread(target=lambda: said.extend(errors), daemon=True)
        reading.start()
        until(lambda: any("1/100" in line for line in said), "the first row's end")
        below = descendants(child.pid)
        child.send_signal(number)
        code = child.wait(timeout=60)
        reading.join(timeout=60)

    assert code == 128 + number
    assert below
    assert wait_gone(below) == set()
    assert any("Everything that was started has been ended." in line for line in said)


def test_killed_it_leaves_no_process():
    """SIGKILL leaves nobody to clean up; the emulator and the check see that their parent is gone."""
    said: list[str] = []
    with running("--times", "100", *faults("start_slow")) as child:
        assert child.stderr is not None
        errors = child.stderr
        threading.Thread(target=lambda: said.extend(errors), daemon=True).start()
        until(lambda: any("1/100" in line for line in said), "the first row's end")
        below = descendants(child.pid)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(timeout=60)

    assert below
    assert wait_gone(below, within_s=90) == set()


@pytest.mark.media
def test_what_a_viewer_would_see_is_named(tmp_path: Path):
    """Three rows through real rooms: a fault of the picture, a missing avatar, a healthy one."""
    names = ["black", "no_avatar", "plain"]

    done = rehearsed("--json", "--evidence", str(tmp_path), *faults(*names))

    found = outcomes(done)
    assert [each["row"] for each in found] == ["no_avatar", "black", "plain"]
    wrong = [each for each in found if each["standing"] == "wrong"]
    assert wrong == []
    assert [each["open_sessions"] for each in found] == [0, 0, 0]
    assert done.returncode in {0, 3}
    black = next(each for each in found if each["row"] == "black")
    assert "black" in {reason["cause"] for reason in black["reasons"]}
    assert (tmp_path / "black" / "contact-sheet.png").stat().st_size > 1000
