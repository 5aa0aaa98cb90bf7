"""A conversation's configuration: what `session.update` may set, and how it refuses the rest."""

import copy
from typing import Any

from liveavatar_emulator.openai_stand_in.wire import VOICES, Refused

PCM = {"type": "audio/pcm", "rate": 24000}
VAD: dict[str, Any] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_LONGEST_MS = 3_600_000  # an hour, as long as a conversation may be
KNOWN = frozenset(
    {
        "type", "model", "output_modalities", "instructions", "audio", "temperature", "tools", "tool_choice",
        "max_output_tokens", "tracing", "truncation", "prompt", "include",
    }
)  # fmt: skip


def default_session(session_id: str, model: str) -> dict[str, Any]:
    """The session as it stands when a conversation begins (generally available shape)."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "You are a helpful assistant.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "audio": {
            "input": {
                "format": dict(PCM),
                "transcription": None,
                "turn_detection": dict(VAD),
                "noise_reduction": None,
            },
            "output": {"format": dict(PCM), "voice": "alloy", "speed": 1.0},
        },
    }


def merged(
    session: dict[str, Any], update: dict[str, Any], *, spoken: bool, takes_temperature: bool
) -> dict[str, Any]:
    """
    The session after an update, or `Refused` naming the parameter; nothing is half applied.

    Every part of the update has its type already.
    """
    if update.get("type") != "realtime":
        raise Refused(
            "Missing required parameter: 'session.type'.",
            code="missing_required_parameter",
            param="session.type",
        )
    for key in update:
        if key not in KNOWN or (key == "temperature" and not takes_temperature):
            raise Refused(
                f"Unknown parameter: 'session.{key}'.", code="unknown_parameter", param=f"session.{key}"
            )
    _check_temperature(update.get("temperature"))
    audio = update.get("audio", {})
    _check_audio(session, audio, spoken=spoken)
    new = _deep(session, {key: value for key, value in update.items() if key != "model"})
    detection = audio.get("input", {}).get("turn_detection")
    if detection is not None:
        _check_detection(detection)
        new["audio"]["input"]["turn_detection"] = {**VAD, **detection}
    return new


def _check_temperature(value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0.6 <= value <= 1.2:
        raise Refused(
            "Invalid value: 'session.temperature' must be between 0.6 and 1.2.",
            code="invalid_value",
            param="session.temperature",
        )


def _check_audio(session: dict[str, Any], audio: dict[str, Any], *, spoken: bool) -> None:
    for side in ("input", "output"):
        form = audio.get(side, {}).get("format")
        if form is not None and form != PCM:
            raise Refused(
                "Only audio/pcm at 24000 Hz is spoken here.",
                code="invalid_value",
                param=f"session.audio.{side}.format",
            )
    voice = audio.get("output", {}).get("voice")
    if voice is None:
        return
    if voice not in VOICES:
        raise Refused(
            f"Invalid value: '{voice}'. Supported values are: {', '.join(VOICES)}.",
            code="invalid_value",
            param="session.audio.output.voice",
        )
    if spoken and voice != session["audio"]["output"]["voice"]:
        raise Refused(
            "Cannot update a conversation's voice if assistant audio is present.",
            code="cannot_update_voice",
            param="session.audio.output.voice",
        )


def _check_detection(detection: dict[str, Any]) -> None:
    for name, most in (
        ("threshold", 1),
        ("prefix_padding_ms", _LONGEST_MS),
        ("silence_duration_ms", _LONGEST_MS),
    ):
        if not 0 <= detection.get(name, 0) <= most:
            raise Refused(
                f"Invalid value: 'session.audio.input.turn_detection.{name}' must be between 0 and {most}.",
                code="invalid_value",
                param=f"session.audio.input.turn_detection.{name}",
            )


def _deep(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(old)
    for key, value in new.items():
        known = result.get(key)
        result[key] = _deep(known, value) if isinstance(value, dict) and isinstance(known, dict) else value
    return result
