"""What a body refers to, and what a session of it costs."""

import pytest

from liveavatar_ops.health.references import connector, price, references

AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
SECRET = "0b5f3a52-6a3e-4e41-9d50-0d6a52a4f0a1"
CONTEXT = "0b5f3a52-6a3e-4e41-9d50-0d6a52a4f0a2"


def test_every_reference_of_a_body_is_found_with_its_place():
    """What is looked up before a session is paid for."""
    body = {
        "avatar_id": AVATAR,
        "openai_realtime_config": {"secret_id": SECRET, "context_id": CONTEXT},
        "avatar_persona": {"voice_id": "v", "context_id": CONTEXT},
    }

    found = [(r.kind, r.place) for r in references(body)]

    assert found == [
        ("avatar", "avatar_id"),
        ("secret", "openai_realtime_config.secret_id"),
        ("context", "openai_realtime_config.context_id"),
        ("context", "avatar_persona.context_id"),
        ("voice", "avatar_persona.voice_id"),
    ]
    assert connector(body) == "openai_realtime"


@pytest.mark.parametrize(
    ("body", "seconds", "credits_"),
    [
        ({"mode": "LITE"}, 5, 1),
        ({"mode": "LITE"}, 61, 2),
        ({"mode": "FULL"}, 61, 4),
        ({"mode": "LITE", "is_sandbox": True}, 61, 0),
    ],
)
def test_a_session_costs_begun_minutes(body: dict[str, object], seconds: float, credits_: int):
    """LITE 1 a minute, FULL 2, sandbox nothing."""
    assert price(body, seconds) == credits_
