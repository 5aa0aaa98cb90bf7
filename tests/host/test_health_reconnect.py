"""Connections that really break, by LiveKit's own simulations: what a check notes, and what it must not."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.health import PUBLIC_AVATAR, settings_of
from tests.support.reconnecting import broken

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator(media=True) as running:
        yield running


@pytest.fixture
def session(emulator: RunningEmulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A started session, stopped afterwards."""
    key = settings_of(emulator, tmp_path_factory.mktemp("state"))["LIVEAVATAR_API_KEY"]
    api = httpx.Client(
        base_url=emulator.api_url,
        headers={"X-API-KEY": key},
        trust_env=False,
        timeout=60,  # a start may wait 25 s for the media server
    )
    with api:
        body = {"mode": "LITE", "avatar_id": PUBLIC_AVATAR, "video_settings": {"quality": "low"}}
        minted = api.post("/v1/sessions/token", json=body).json()["data"]
        bearer = {"Authorization": f"Bearer {minted['session_token']}"}
        yield api.post("/v1/sessions/start", headers=bearer, json={}).json()["data"]
        api.post("/v1/sessions/stop", json={"session_id": minted["session_id"]})


@pytest.mark.parametrize("scenario", ["SIGNAL_RECONNECT", "FULL_RECONNECT", "NODE_FAILURE"])
def test_a_connection_that_is_made_anew_is_no_avatar_that_left(session: dict[str, Any], scenario: str):
    """The SDK empties the room when it joins anew; the avatar was there all the time."""
    found = broken(session["livekit_url"], session["livekit_client_token"], scenario)

    assert found["room"]["reconnects"] == 1
    assert found["room"]["reconnecting_s"] > 0
    assert "avatar_left_s" not in found["room"]
    assert "disconnected_s" not in found["room"]
    assert found["frames"] > found["before"]


def test_a_server_that_says_goodbye_ends_the_watch(session: dict[str, Any]):
    """Nobody joins that anew; the reason that the server gave is kept."""
    found = broken(session["livekit_url"], session["livekit_client_token"], "SERVER_LEAVE")

    assert found["room"]["disconnected_s"] > 0
    assert found["room"]["disconnect_reason"] == "SERVER_SHUTDOWN"
    assert "reconnects" not in found["room"]
