"""What the avatar does with speech sent to it from outside (plain LITE; LiveAvatar API facts §3.5)."""

import base64
import uuid
from collections.abc import Callable, Mapping
from typing import Literal

AgentState = Literal["idle", "listening", "talking"]
Event = dict[str, object]

_BYTES_A_SECOND = 24_000 * 2  # PCM s16le, mono, 24 kHz
_LARGEST = 2**20
_SILENCE_ENDS_S = 1.0


class AgentLine:
    """
    The state behind one ``ws_url``: what is buffered, how long it plays, and which events say so.

    Both families of events are sent, since clients know either the older ``agent.speak_*`` or the newer
    ``agent.state_updated`` and ``agent.audio_buffer_*`` (§3.5). Knows no sockets; time comes in.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._state: AgentState = "idle"
        self._afterwards: AgentState = "idle"
        self._plays_until = 0.0
        self._committed = False

    def take(self, message: object) -> tuple[list[Event], Event | None]:
        """Obey one message: the events to answer with, and the command for the avatar, if any."""
        if not isinstance(message, Mapping):
            return [_error("message must be a JSON object", None)], None
        events: list[Event] = []
        command: Event | None = None
        match message.get("type"):
            case "agent.speak":
                events, command = self._speak(message)
            case "agent.speak_end":
                self._committed = True
                events, command = [_event("agent.audio_buffer_committed", message)], {"command": "speak_end"}
            case "agent.interrupt":
                cleared = [_event("agent.audio_buffer_cleared", message)]
                events, command = cleared + self._hush("agent.speak_interrupted"), {"command": "interrupt"}
            case "agent.start_listening":
                events = self._rest("listening")
            case "agent.stop_listening":
                events = self._rest("idle")
            case "session.keep_alive" | "start":
                pass
            case unknown:
                events = [_error(f"unknown message type {unknown!r}", message)]
        return events, command

    def tick(self) -> list[Event]:
        """Events that come by time alone: speech has been played out."""
        over = self._clock() - self._plays_until
        if self._state == "talking" and (over >= _SILENCE_ENDS_S or (self._committed and over >= 0)):
            return self._hush("agent.speak_ended")
        return []

    def _speak(self, message: Mapping[str, object]) -> tuple[list[Event], Event | None]:
        audio = message.get("audio")
        if not isinstance(audio, str):
            return [_error("audio: Field required", message)], None
        if len(audio) > _LARGEST:
            return [_error("audio exceeds 1 MB", message)], None
        try:
            sound = base64.b64decode(audio, validate=True)
        except ValueError:  # not even ASCII, or no base64
            return [_error("audio is not valid base64", message)], None
        self._plays_until = max(self._plays_until, self._clock()) + len(sound) / _BYTES_A_SECOND
        self._committed = False
        events = [_event("agent.audio_buffer_appended", message)]
        if self._state != "talking":
            events += [_event("agent.speak_started", message), *self._become("talking")]
        return events, {"command": "speak", "audio": audio}

    def _hush(self, how: str) -> list[Event]:
        self._plays_until = 0.0
        self._committed = False
        if self._state != "talking":
            return []
        return [_event(how), *self._become(self._afterwards)]

    def _rest(self, state: AgentState) -> list[Event]:
        """What to be when not talking; clients order it before their speech has been played out."""
        self._afterwards = state
        return [] if self._state == "talking" else self._become(state)

    def _become(self, state: AgentState) -> list[Event]:
        before, self._state = self._state, state
        if before == state:
            return []
        return [_event("agent.state_updated", previous_state=before, new_state=state)]


def session_state(state: str) -> Event:
    """The event that tells how the session is: connected, closed (§3.5)."""
    return _event("session.state_updated", state=state)


def _event(kind: str, source: Mapping[str, object] | None = None, **fields: object) -> Event:
    answered = source.get("event_id") if source else None
    return {"type": kind, "event_id": str(answered or uuid.uuid4()), **fields}


def _error(why: str, source: Mapping[str, object] | None) -> Event:
    about = source.get("event_id") if source else None
    return _event("error", error={"type": "invalid_request_error", "message": why, "event_id": about})
