"""
What a conversation with OpenAI Realtime is set to, and what of it may be left out.

Temperature: the connector has the field (0.6 to 1.2), while the package's types for the generally available
protocol do not. It is sent as `session.temperature`. The users' words are transcribed by a model that a
service may not have. A service that refuses either gets the same update without it.
"""

from collections.abc import Collection
from typing import Any

from liveavatar_emulator.worker.job import Context, OpenAi

PCM = {"type": "audio/pcm", "rate": 24000}
TEMPERATURE, TRANSCRIPTION = "session.temperature", "session.audio.input.transcription"
OPTIONAL = {
    TEMPERATURE: "the service takes no temperature; the model's own is used",
    TRANSCRIPTION: "the service does not transcribe; what users say is not written down",
}
"""What can be left out, by the parameter that a refusal names, and what follows from leaving it out."""


def optional(param: object) -> str | None:
    """The optional part that a refused parameter belongs to."""
    return next((part for part in OPTIONAL if str(param) == part or str(param).startswith(f"{part}.")), None)


def realtime_session(
    service: OpenAi, context: Context | None, *, answers: bool, without: Collection[str] = ()
) -> dict[str, Any]:
    """The configuration as the protocol wants it; `without` names optional parts."""
    hearing: dict[str, Any] = {
        "format": PCM,
        "turn_detection": {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 500,
            "create_response": answers,
            "interrupt_response": True,
        },
    }
    if TRANSCRIPTION not in without:
        hearing["transcription"] = {"model": "gpt-4o-mini-transcribe"}
    session: dict[str, Any] = {
        "type": "realtime",
        "output_modalities": ["audio"],
        "audio": {"input": hearing, "output": {"format": PCM, "voice": service.voice}},
    }
    if context and context.prompt:
        session["instructions"] = context.prompt
    if service.temperature is not None and TEMPERATURE not in without:
        session["temperature"] = service.temperature
    return session
