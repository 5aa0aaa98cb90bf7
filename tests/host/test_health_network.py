"""
The video check through a network that is poor or closed: a real media server, a relay in between, and the
verdict of a viewer behind it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import Ended, check, flags, named, settings_of, until
from tests.support.processes import socket_numbers

pytestmark = pytest.mark.media

SHORT: dict[str, float] = {"watch_s": 2, "warm_up_s": 0.5}


@pytest.fixture(scope="module")
def warm() -> Iterator[RunningEmulator]:
    with running_emulator(media=True) as emulator:
        yield emulator


@pytest.fixture
def emulator(warm: RunningEmulator) -> Iterator[RunningEmulator]:
    """Without faults; and whatever the test did, no session may be open after it, no port of a detour."""
    warm.admin("POST", "/reset")
    before = sockets(warm.pid)
    yield warm
    warm.admin("DELETE", "/faults")
    assert warm.active_sessions() == []
    until(lambda: sockets(warm.pid) <= before, "the detour's ports to be given back")


def sockets(pid: int) -> int:
    """Open sockets that are bound to a port: UDP, and TCP that listens or is refused."""
    mine = socket_numbers(pid)
    listening, any_state = "0A", ""
    rows = [
        *rows_of("/proc/net/udp", any_state),
        *rows_of("/proc/net/tcp", listening),
    ]
    return sum(inode in mine for inode in rows)


def rows_of(table: str, state: str) -> list[str]:
    rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
    return [row[9] for row in rows if state in ("", row[3])]


def seen_through(emulator: RunningEmulator, state: Path, fault: dict[str, Any], **limits: float) -> Ended:
    emulator.admin("POST", "/faults", {"fault": fault})
    return check(settings_of(emulator, state), *flags(SHORT | limits))


@pytest.mark.parametrize(
    ("fault", "tcp", "said"),
    [
        pytest.param({"name": "media_blocked"}, False, "TCP would not have worked either", id="blocked"),
        pytest.param({"name": "udp_blocked", "tcp": 0}, False, "the server offers none", id="no TCP offered"),
        pytest.param({"name": "media_blocked", "tcp": 1}, True, "UDP seems blocked", id="deaf TCP"),
    ],
)
def test_a_blocked_media_path_is_named(
    emulator: RunningEmulator, tmp_path: Path, fault: dict[str, Any], tcp: bool, said: str
):
    """Signalling works, media has no way: ICE, though our own deadline comes before the SDK's; and TCP."""
    ended = seen_through(emulator, tmp_path, fault, connect_deadline_s=5)

    assert named(ended) == ("unhealthy", "ice")
    assert ended.result is not None
    room = ended.result["facts"]["room"]
    assert room["connected_s"] is None
    assert room["failure"]["tcp_would_work"] is tcp
    sentence = room["failure"]["sentence"]
    assert said in sentence
    assert sentence in [reason["sentence"] for reason in ended.result["judgement"]["reasons"]]
    assert re.search(r"[Oo]pen UDP to 127\.0\.0\.1:\d+", sentence)


def test_behind_blocked_udp_media_goes_over_tcp(emulator: RunningEmulator, tmp_path: Path):
    """The picture comes, and the facts say which way it took."""
    ended = seen_through(emulator, tmp_path, {"name": "udp_blocked"})

    assert ended.result is not None
    assert ended.result["facts"]["video"]["frames"] > 0
    assert ended.result["facts"]["room"]["path"]["protocol"] == "tcp"


def test_far_away_is_measured_as_such(emulator: RunningEmulator, tmp_path: Path):
    """0.1 s each way is a round trip of 0.2 s, over UDP, and the picture comes."""
    fault = {"name": "poor_network", "delay_s": 0.1, "jitter_s": 0.015, "loss": 0.01}

    ended = seen_through(emulator, tmp_path, fault)

    assert ended.result is not None
    facts = ended.result["facts"]
    assert facts["video"]["frames"] > 0
    assert facts["room"]["path"]["protocol"] == "udp"
    assert facts["room"]["path"]["round_trip_s"] > 0.17


def test_a_picture_lost_on_the_last_stretch_is_no_fault_of_the_avatar(
    emulator: RunningEmulator, tmp_path: Path
):
    """Packets keep arriving, the server has copies of the others: the avatar lives, we do not see it."""
    fault = {"name": "poor_network", "loss": 0.6, "after_s": 6}

    ended = seen_through(emulator, tmp_path, fault, watch_s=11)

    assert ended.result is not None, ended.stderr
    judged = ended.result["judgement"]
    assert judged["verdict"] == "inconclusive"
    assert "own_network" in {reason["cause"] for reason in judged["reasons"]}
    counted = ended.result["facts"]["network"]["arrivals"]
    assert counted["received"][-1] > counted["received"][0]
    assert counted["asked_again"][-1] > 0
    assert counted["sent_again"][-1] > 0
