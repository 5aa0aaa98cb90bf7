"""Addresses at which a media server may be knocked at, as its candidates and its TURN servers name them."""

import pytest

from liveavatar_ops.health.doors import Door, media_door, turn_door
from tests.unit.health.test_tcp_way import UDP, tcp


@pytest.mark.parametrize(
    ("line", "door"),
    [
        (UDP, Door("203.0.113.7", 51234, "UDP")),
        (UDP.replace("203.0.113.7", "2001:db8::7"), Door("2001:db8::7", 51234, "UDP")),
        (UDP.replace("203.0.113.7", "f00.local"), None),
        (UDP.replace("51234", "0"), None),
        (UDP.replace("51234", "70000"), None),
        (tcp(9, "active"), None),
        ("", None),
        ("mid:0", None),
    ],
)
def test_only_where_one_can_knock_is_a_door(line: str, door: Door | None):
    """Addresses with a port; neither a browser's made-up names nor the server's own outgoing TCP."""
    assert media_door(line) == door


@pytest.mark.parametrize("url", ["stun:stun.example:3478", "turn:", "turn:a b", "turn:x:99999", "https://x"])
def test_what_is_no_turn_address_is_no_door(url: str):
    """STUN servers are named in the same list."""
    assert turn_door(url) is None
