"""What a caller is told when a session starts: where to join, and with which tokens."""

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass

from liveavatar_emulator.world.records import SessionRecord
from liveavatar_emulator.world.references import Wanted

USER = "client"  # LiveAvatar API facts §3.2
AGENT = "agent"  # the identity behind livekit_agent_token is not documented


@dataclass(frozen=True)
class Addresses:
    """Where things are: the API, the OpenAI-compatible endpoint, and an address that answers nothing."""

    api: str
    openai: str
    dead: str


def agent_pass(signing_key: str, session_id: str) -> str:
    """What makes a session's ``ws_url`` unguessable."""
    return hmac.new(signing_key.encode(), f"agent {session_id}".encode(), "sha256").hexdigest()[:32]


def way_in(
    session: SessionRecord,
    wanted: Wanted,
    *,
    livekit_url: str,
    token: Callable[[str, str], str],
    addresses: Addresses,
    signing_key: str,
    struck: Collection[str] = (),
) -> dict[str, object]:
    """
    The data of start's answer (LiveAvatar API facts §2.9).

    Only plain LITE, without a connector, gets ``ws_url`` and ``livekit_agent_token`` (§3.1, §3.5). ``struck``
    names the faults that spoil the way in.
    """
    url, client = livekit_url, token(USER, session.id)
    if wanted.livekit is not None:
        url, client = wanted.livekit["livekit_url"], wanted.livekit["livekit_client_token"]
    if "dead_media" in struck:
        url = addresses.dead
    if "bad_livekit_token" in struck:
        client = client.rpartition(".")[0] + "." + "A" * 43
    found: dict[str, object] = {
        "session_id": session.id,
        "livekit_url": url,
        "livekit_client_token": client,
        "max_session_duration": session.max_session_duration,
    }
    if session.mode == "LITE" and wanted.connector is None:
        door = addresses.api.replace("http", "ws", 1)
        found["ws_url"] = f"{door}/v1/agent-socket/{session.id}/{agent_pass(signing_key, session.id)}"
        found["livekit_agent_token"] = token(AGENT, session.id)
    return found
