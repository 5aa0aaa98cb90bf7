"""Whatever template is rehearsed, the emulator takes the bodies of the rows that expect a living avatar."""

from dataclasses import replace

import pytest

from liveavatar_ops.health.target import Target
from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.rehearse.emulator import Things
from liveavatar_ops.rehearse.lane import body_for
from liveavatar_ops.rehearse.row import WAYNE, Row
from liveavatar_ops.rehearse.table import TABLE
from tests.support.emulator_in_process import desk

SANDBOX = Target(
    "front-desk",
    "stack dev, template front-desk",
    {
        "mode": "LITE",
        "avatar_id": WAYNE,
        "is_sandbox": True,
        "video_settings": {"quality": "high", "encoding": "H264"},
        "max_session_duration": 60,
        "openai_realtime_config": {
            "secret_id": "22222222-0000-4000-8000-000000000000",
            "context_id": "33333333-0000-4000-8000-000000000000",
        },
    },
    {},
)
ROOM = {"livekit_url": "wss://elsewhere.example", "livekit_room": "ours", "livekit_client_token": "t"}


def with_(**changes: object) -> Target:
    return replace(SANDBOX, body={**SANDBOX.body, **changes})


@pytest.mark.parametrize(
    "template",
    [
        pytest.param(None, id="none"),
        pytest.param(SANDBOX, id="sandbox"),
        pytest.param(with_(video_settings={"quality": "very_high"}), id="1080p"),
        pytest.param(with_(is_sandbox=False, max_session_duration=14400), id="longer-than-the-plan"),
        pytest.param(with_(livekit_config=ROOM), id="own-room"),
    ],
)
def test_every_healthy_row_can_be_started(template: Target | None):
    """As the emulator's own rules have it: sandbox, 1080p, durations, references."""
    with (api := desk()).http:
        things = Things(api.secret("good"), api.secret("revoked"), api.context())
        for row in TABLE:
            if row.verdict is Verdict.HEALTHY:
                session_id, _ = api.started(**body_for(row, things, template))
                assert api.studio.jobs[session_id].livekit_url == api.studio.livekit_url, row.name


@pytest.mark.parametrize(
    ("declared", "rehearsed"), [(20, 120), (60, 120), (600, 600), (14400, 3600), (None, None)]
)
def test_a_session_lasts_as_long_as_a_row_needs(declared: int | None, rehearsed: int | None):
    """A short one would end in the middle of a row and be called sick; a longer one is refused."""
    row: Row = TABLE[0]
    things = Things(*(f"00000000-0000-4000-8000-00000000000{end}" for end in "abc"))

    body = body_for(row, things, with_(is_sandbox=False, max_session_duration=declared))

    assert body.get("max_session_duration") == rehearsed
