"""What others send and cannot be read, however deep it is nested: as if it were no JSON at all."""

import subprocess
from pathlib import Path

import pytest
from livekit.protocol.rtc import SignalResponse

from liveavatar_ops.health.room_events import event_of
from liveavatar_ops.health.stack import StackError, stack_outputs
from liveavatar_ops.health.tcp_way import Offered

DEEP = "[" * 100_000


@pytest.mark.parametrize("said", [DEEP, '{"event_type": ' + DEEP, "{", "[1]", '"x"', "{}", "9" * 5000])
def test_a_packet_that_is_no_event_is_none(said: str) -> None:
    """Anybody in a room may send anything."""
    assert event_of(said.encode(), 1.0, "heygen") is None


def test_a_nested_reason_is_shortened_like_a_long_one() -> None:
    """It is text for a report, whatever it was."""
    deep = "[" * 300 + "]" * 300
    event = event_of(f'{{"event_type": {deep}, "end_reason": {deep}}}'.encode(), 1.0, None)

    assert event is not None
    assert (event.type, event.detail) == ("[" * 80, "[" * 80)


@pytest.mark.parametrize("said", [DEEP, '{"templates": ' + DEEP, "9" * 5000, "no json", "[]"])
def test_outputs_that_cannot_be_read_say_what_to_type(said: str) -> None:
    """The engine's answer is not trusted either."""
    with pytest.raises(StackError, match="pulumi printed no JSON object") as raised:
        stack_outputs(
            "dev", pulumi=Path("pulumi"), run=lambda _: subprocess.CompletedProcess([], 0, said, "")
        )

    assert "Run `pulumi stack output --json --stack dev`" in str(raised.value)


@pytest.mark.parametrize("said", [DEEP, "{", "[1]"])
def test_a_candidate_that_cannot_be_read_is_none(said: str) -> None:
    """The rest of the signalling is still read."""
    message = SignalResponse()
    message.trickle.candidateInit = said
    message.trickle.final = True
    offered = Offered()

    offered.take(message)

    assert (offered.udp, offered.tcp, offered.complete) == ([], [], True)
