"""What a network fault does to candidates and datagrams, by arithmetic alone."""

import json
import random
from collections.abc import Callable, Iterator

import pytest
from livekit.protocol.rtc import SignalRequest, SignalResponse

from liveavatar_emulator.faults import Fault
from liveavatar_emulator.network import conditions
from liveavatar_emulator.network.candidates import Address, Doors, Rewriting, without_candidates
from liveavatar_emulator.network.conditions import LONGEST_QUEUE_S, Conditions, Lane, Weather

UDP = "candidate:3402510117 1 udp 2130706431 127.0.0.1 41234 typ host ufrag abcd"
TCP = "candidate:3402510118 1 tcp 1671430143 10.0.0.7 7881 typ host tcptype passive"
SDP = "\r\n".join(
    ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", f"a={UDP}", f"a={TCP}", "a=end-of-candidates", ""]
)


class Way:
    """A rewriting with known doors, and the addresses it came upon."""

    def __init__(self, tcp: int | None = 9002) -> None:
        self.found: list[Address] = []
        self.rewriting = Rewriting(Doors(9001, tcp), self.found.append)

    def to_user(self, message: SignalResponse) -> list[SignalResponse]:
        return [SignalResponse.FromString(raw) for raw in self.rewriting.to_user(message.SerializeToString())]


def trickle(candidate: str) -> SignalResponse:
    message = SignalResponse()
    message.trickle.candidateInit = json.dumps({"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0})
    return message


def told(message: SignalResponse) -> str:
    init = json.loads(message.trickle.candidateInit)
    assert init["sdpMid"] == "0"
    return str(init["candidate"])


def test_a_candidate_becomes_the_relays_doors() -> None:
    """UDP leads to the relay's port, TCP beside it ranks lower, and the server's own port is learned."""
    way = Way()

    udp, tcp = map(told, way.to_user(trickle(UDP)))

    assert udp == UDP.replace("41234", "9001")
    assert tcp.split()[2:8] == ["tcp", str(2130706431 - (27 << 24)), "127.0.0.1", "9002", "typ", "host"]
    assert tcp.endswith("tcptype passive ufrag abcd")
    assert way.found == [("127.0.0.1", 41234)]


def test_only_the_last_door_ends_the_candidates() -> None:
    """A user who takes "final" at its word must not miss the door by TCP."""
    message = trickle(UDP)
    assert [one.trickle.final for one in Way().to_user(message)] == [False, False]
    message.trickle.final = True
    assert [one.trickle.final for one in Way().to_user(message)] == [False, True]


def test_a_description_names_no_other_way() -> None:
    """In an offer and an answer alike: the server's ports are gone, every other line stays."""
    for kind in ("offer", "answer"):
        message = SignalResponse()
        getattr(message, kind).sdp = SDP

        (changed,) = Way().to_user(message)

        sdp = getattr(changed, kind).sdp
        assert "41234" not in sdp
        assert "7881" not in sdp
        assert [line for line in sdp.split("\r\n") if "candidate:" not in line] == [
            line for line in SDP.split("\r\n") if "candidate:" not in line
        ]
        assert sdp.count("a=candidate:") == 2


def test_without_tcp_no_tcp_is_offered() -> None:
    """Not the relay's, and not the server's own either, which would be a way around."""
    way = Way(tcp=None)

    assert [told(one) for one in way.to_user(trickle(UDP))] == [UDP.replace("41234", "9001")]
    assert way.to_user(trickle(TCP)) == []


def test_the_server_never_learns_the_users_address() -> None:
    """Else it would knock there directly, past the relay."""
    rewriting = Way().rewriting
    mine = SignalRequest()
    mine.trickle.candidateInit = json.dumps({"candidate": UDP})
    offer = SignalRequest()
    offer.offer.sdp = SDP

    assert rewriting.to_server(mine.SerializeToString()) == []
    (passed,) = rewriting.to_server(offer.SerializeToString())
    assert SignalRequest.FromString(passed).offer.sdp == without_candidates(SDP)
    assert "candidate:" not in without_candidates(SDP)


def test_what_holds_no_candidate_passes_as_it_is() -> None:
    """Byte for byte, with fields that this version does not know."""
    ping = SignalRequest()
    ping.ping = 7
    unknown = b"\xfa\x3f\x03new"  # field 1023, text
    answer = SignalResponse()
    answer.pong = 7

    rewriting = Way().rewriting

    assert rewriting.to_server(ping.SerializeToString() + unknown) == [ping.SerializeToString() + unknown]
    assert rewriting.to_user(answer.SerializeToString() + unknown) == [answer.SerializeToString() + unknown]


def test_unknown_fields_survive_a_change() -> None:
    """A newer server's offer arrives whole."""
    message = SignalResponse()
    message.offer.sdp = SDP

    (changed,) = Way().rewriting.to_user(message.SerializeToString() + b"\xfa\x3f\x03new")

    assert changed.endswith(b"\xfa\x3f\x03new")


def dice(*sides: float) -> Iterator[float]:
    yield from sides


def thrown() -> Callable[[], float]:
    """The same chance in every run."""
    return random.Random(4).random  # noqa: S311 - nothing is kept secret with it


def test_loss_is_a_share_of_what_is_sent() -> None:
    """Ten thousand packets at one in five; and each throw decides for itself."""
    lane = Lane(thrown(), Weather(loss=0.2))
    lost = sum(lane.out_at(0.0, 1200) is None for _ in range(10_000))
    assert lost == pytest.approx(2000, rel=0.1)

    lane = Lane(dice(0.19, 0.2).__next__, Weather(loss=0.2))
    assert lane.out_at(0.0, 1200) is None
    assert lane.out_at(0.0, 1200) == 0.0


def test_blocked_lets_nothing_through_and_clear_everything() -> None:
    """The two ends."""
    for loss, passes in ((1.0, 0), (0.0, 1000)):
        lane = Lane(thrown(), Weather(loss=loss))
        assert sum(lane.out_at(0.0, 100) is not None for _ in range(1000)) == passes


def test_delay_swings_and_never_overtakes() -> None:
    """Delay plus or minus jitter, in the order of sending."""
    lane = Lane(thrown(), Weather(delay_s=0.1, jitter_s=0.05))
    outs = [lane.out_at(number * 0.01, 100) for number in range(1000)]
    assert all(out is not None for out in outs)
    delays = [out - number * 0.01 for number, out in enumerate(outs) if out is not None]

    assert min(delays) >= 0.05 - 1e-9
    assert max(delays) <= 0.15 + 1e-9
    assert max(delays) - min(delays) > 0.05
    assert outs == sorted(out for out in outs if out is not None)


def test_a_narrow_road_holds_back_and_then_drops() -> None:
    """1000 bytes at 64 kbit/s take 0.125 s each; what would wait longer than the queue holds is lost."""
    lane = Lane(lambda: 0.5, Weather(rate_bps=64_000))

    outs = [lane.out_at(0.0, 1000) for _ in range(10)]

    assert [out for out in outs if out is not None] == [0.125, 0.25, 0.375]
    assert LONGEST_QUEUE_S == 0.3


def test_faults_make_conditions() -> None:
    """By name and parameters; the worst wins; other faults make no network."""
    poor = Fault.model_validate({"name": "poor_network", "loss": 0.1, "delay_s": 0.05, "jitter_s": 0})
    shut = Fault.model_validate({"name": "udp_blocked"})
    without_tcp = Fault.model_validate({"name": "udp_blocked", "tcp": 0, "after_s": 3})
    all_shut = Fault.model_validate({"name": "media_blocked"})
    deaf = Fault.model_validate({"name": "media_blocked", "tcp": 1})

    assert conditions([Fault(name="mute")]) is None
    assert conditions([poor]) == Conditions(Weather(loss=0.1, delay_s=0.05))
    assert conditions([poor, shut]) == Conditions(Weather(loss=1.0), tcp="works")
    assert conditions([without_tcp]) == Conditions(Weather(loss=1.0), after_s=3.0)
    assert conditions([shut, all_shut]) == Conditions(Weather(loss=1.0), tcp="refused")
    assert conditions([shut, deaf]) == Conditions(Weather(loss=1.0), tcp="deaf")
