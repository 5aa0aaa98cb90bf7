"""The child's parts that need no room: statistics, errors, our own host, its notes."""

import asyncio
import http.server
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace as Message
from typing import Any

import pytest

from liveavatar_ops.health.connect_errors import Overheard, takes_token, took_too_long, why_not_joined
from liveavatar_ops.health.facts import Depth, TargetFacts
from liveavatar_ops.health.host import CpuReading, HostUse, Lag, between, host_facts, read_cpu, watch_loop
from liveavatar_ops.health.job import Job
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.notebook import Notebook, StepRefused
from liveavatar_ops.health.receiver_stats import ice_path, network_facts
from pulumi_liveavatar.api.errors import ConcurrencyLimit, LiveAvatarError

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ2aWRlbyI6e319.c2lnbmF0dXJlLWNhbmFyeQ"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("engine: signal failure: transport connection error: IO error: Connection refused", "signalling"),
        ("engine: signal failure: client error: 401 Unauthorized - invalid token", "token"),
        ("engine: signal failure: server error: 503 Service Unavailable", "signalling"),
        ("engine: signal failure: failed to receive livekit_protocol::JoinResponse", "signalling"),
        ("engine: connection error: wait_pc_connection timed out", "ice"),
        ("something nobody has seen", "signalling"),
    ],
)
def test_the_words_of_the_sdk_tell_where_joining_failed(said: str, kind: str):
    """One error class for everything, so the text decides."""
    failure = why_not_joined(said, token=TOKEN)

    assert failure.kind == kind
    assert failure.tcp_would_work is None


def test_a_room_token_never_stays_in_the_sentence():
    """The SDK quotes the address it tried, and the token is part of it."""
    failure = why_not_joined(f"refused: wss://x/rtc?access_token={TOKEN}&auto=1 ({TOKEN})", token=TOKEN)

    assert "signature" not in failure.sentence
    assert TOKEN[:20] not in failure.sentence


def pair(name: str, *, nominated: bool, packets: int) -> tuple[str, Any]:
    held = Message(
        nominated=nominated,
        packets_received=packets,
        local_candidate_id=f"L{name}",
        remote_candidate_id=f"R{name}",
        current_round_trip_time=0.012,
    )
    return "candidate_pair", Message(candidate_pair=held)


def candidate(kind: str, name: str, protocol: str, type_: int) -> tuple[str, Any]:
    held = Message(protocol=protocol, candidate_type=type_, relay_protocol=1)
    return kind, Message(rtc=Message(id=name), candidate=held)


def test_the_media_path_is_the_nominated_pair_that_carried_most():
    """Two peer connections give two pairs; the relay's protocol only counts for a relay."""
    rows = [
        pair("1", nominated=True, packets=3),
        pair("2", nominated=True, packets=900),
        pair("3", nominated=False, packets=9000),
        candidate("local_candidate", "L1", "udp", 0),
        candidate("local_candidate", "L2", "TCP", 3),
        candidate("remote_candidate", "R2", "tcp", 0),
    ]

    path = ice_path(rows)

    assert path is not None
    assert (path.protocol, path.local_type, path.remote_type) == ("tcp", "relay", "host")
    assert (path.relay_protocol, path.round_trip_s) == ("tcp", 0.012)
    assert ice_path([]) is None


def test_network_numbers_are_shares_and_rates():
    """Lost of all sent, bits a second of the time watched."""
    inbound = Message(
        bytes_received=1_250_000,
        decoder_implementation="FFmpeg",
        frames_decoded=250,
        frames_dropped=1,
        nack_count=2,
        pli_count=3,
        qp_sum=5000,
    )
    received = Message(packets_received=950, packets_lost=50, jitter=0.004)
    heard = Message(concealed_samples=400, silent_concealed_samples=300, total_samples_received=1000)
    sound = Message(inbound=heard, received=Message(packets_received=80, packets_lost=20))
    video = [("inbound_rtp", Message(received=received, inbound=inbound))]

    facts = network_facts(video, [("inbound_rtp", sound)], watched_s=10.0)

    assert (facts.loss_share, facts.bitrate_bps, facts.qp_mean) == (0.05, 1_000_000, 20)
    assert facts.concealed_share == 0.1
    assert (facts.concealed_silence_share, facts.sound_loss_share) == (0.3, 0.2)
    assert network_facts([], [], watched_s=0).loss_share is None


def test_a_starved_loop_shows_as_lag():
    """Blocking the loop is what a busy host does to it."""
    lag, begun = Lag(), time.monotonic()

    async def starve() -> None:
        ticking = asyncio.create_task(watch_loop(lag, lambda: time.monotonic() - begun))
        await asyncio.sleep(0.1)
        time.sleep(0.4)
        await asyncio.sleep(0.1)
        ticking.cancel()

    asyncio.run(starve())
    facts = host_facts(lag, HostUse(0.1, 0.5, 0.0, None), backlog_max=3, frames_dropped=1)

    assert facts.loop_lag_max_s > 0.25
    assert facts.spikes
    assert facts.loop_lag_p95_s <= facts.loop_lag_max_s
    assert (facts.backlog_max, facts.frames_dropped) == (3, 1)


def test_host_use_is_the_difference_of_two_readings():
    """Shares of the machine, cores of our own; unknown where the system does not tell."""
    first = CpuReading(at_s=0, busy_s=100, total_s=200, stolen_s=0, waited_s=None, own_s=1)
    last = CpuReading(at_s=10, busy_s=115, total_s=220, stolen_s=1, waited_s=None, own_s=3)

    use = between(first, last)

    assert use == HostUse(own_cores=0.2, busy_share=0.75, stolen_share=0.05, waited_share=None)


def test_a_system_without_proc_gives_no_numbers_and_no_error(tmp_path: Path):
    """macOS has none."""
    reading = read_cpu(tmp_path)

    assert (reading.busy_s, reading.waited_s) == (None, None)


def test_a_refused_call_ends_the_check_with_all_that_is_known():
    """Status, code and words of the refusal, and the step in its place in time."""
    at = iter([5.0, 5.0, 5.5, 5.5, 6.0])
    notes = Notebook(TargetFacts(name="desk", depth=Depth.SESSION), clock=lambda: next(at, 6.0))

    def start() -> None:
        raise ConcurrencyLimit("LiveAvatar did not start", why="limit reached", status=403, code=4003)

    with pytest.raises(StepRefused):
        notes.call("start", start)

    facts = notes.facts()
    assert facts.refusal is not None
    assert (facts.refusal.error, facts.refusal.status, facts.refusal.code) == ("ConcurrencyLimit", 403, 4003)
    assert (facts.steps[0].name, facts.steps[0].ok, facts.steps[0].started_s) == ("start", False, 0.0)


def test_time_begins_with_the_first_call():
    """Imports and the wait for the ledger are not the avatar's fault."""
    at = [100.0]
    notes = Notebook(TargetFacts(name="desk", depth=Depth.API), clock=lambda: at[0])
    at[0] = 107.0
    notes.call("credits", lambda: None)
    at[0] = 108.0

    assert notes.facts().steps[0].started_s == 0.0
    assert notes.now_s() == 1.0


def test_a_call_that_breaks_otherwise_is_not_hidden():
    """Only the API's own errors are refusals."""
    notes = Notebook(TargetFacts(name="desk", depth=Depth.API))

    with pytest.raises(KeyError):
        notes.call("credits", lambda: {}["x"])
    assert issubclass(ConcurrencyLimit, LiveAvatarError)


def test_a_deadline_is_laid_to_who_was_silent():
    """Media where signalling is known to work or the SDK says so; signalling in every other case."""
    media = 'livekit::rtc_engine - failed to connect: Connection("wait_pc_connection timed out"), retrying'
    signal = "livekit::rtc_engine - failed to connect: Signal(Timeout), retrying... (1/3)"

    def kind(last_attempt: str | None, *, takes_token: bool) -> str:
        return took_too_long(15, last_attempt=last_attempt, takes_token=takes_token).kind

    assert kind(None, takes_token=True) == "ice"
    assert kind(None, takes_token=False) == "deadline"
    assert kind(media, takes_token=False) == "ice"
    assert kind(signal, takes_token=True) == "deadline"


def test_the_sdks_attempts_are_overheard_while_it_joins():
    """The latest failed attempt, nothing else, and nothing after joining."""
    sdk = logging.getLogger("livekit")
    with Overheard() as overheard:
        sdk.warning("failed to connect: %s", "first")
        sdk.warning("failed to connect: %s", "second")
        sdk.warning("queue overflow")
    sdk.warning("failed to connect: late")

    assert overheard.last_attempt == "failed to connect: second"


def test_a_server_that_takes_the_token_is_told_from_one_that_does_not():
    """Asked over HTTP with the token in a header; a refusal and silence are no."""

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = (self.path, self.headers["Authorization"]) == ("/rtc/validate", f"Bearer {TOKEN}")
            self.send_response(200 if known else 401)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.server_port}"
        assert takes_token(url, TOKEN, within_s=60)
        assert takes_token(url + "/", TOKEN, within_s=60)
        assert not takes_token(url, "another", within_s=60)
        server.shutdown()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not takes_token(f"ws://127.0.0.1:{silent.getsockname()[1]}", TOKEN, within_s=0.1)
    assert not takes_token("no address", TOKEN)


def test_a_probe_that_cannot_even_write_its_facts_says_why_in_its_last_line(tmp_path: Path):
    """Which its parent quotes: a full disk must not look like a riddle."""
    job = Job(
        check_id="1", target=TargetFacts(name="desk", depth=Depth.API), body={}, limits=Limits(),
        workdir=tmp_path / "gone", ledger=tmp_path / "ledger", api_url="http://127.0.0.1:9",
    )  # fmt: skip
    child = subprocess.run(
        [sys.executable, "-m", "liveavatar_ops.health.child"],
        input=job.model_dump_json() + "\n", capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "LIVEAVATAR_API_KEY": "k" * 20, "LIVEAVATAR_API_URL": job.api_url},
    )  # fmt: skip

    assert child.returncode == 70
    assert child.stderr.splitlines()[-1] == "no such file or directory"
