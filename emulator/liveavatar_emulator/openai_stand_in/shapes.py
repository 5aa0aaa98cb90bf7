"""The types of the parameters of a client's events, and the service's words for one of another type."""

from collections.abc import Mapping
from types import NoneType
from typing import Any

from liveavatar_emulator.openai_stand_in.wire import Refused

_WORDS: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    NoneType: "null",
}
_MISSING = object()

Types = tuple[type, ...]
OBJECT: Types = (dict,)
ARRAY: Types = (list,)
STRING: Types = (str,)
BOOLEAN: Types = (bool,)
WHOLE: Types = (int,)
NUMBER: Types = (float, int)
NONE: Types = (NoneType,)

TYPES: Mapping[str, Mapping[str, Types]] = {
    "session.update": {
        "session": OBJECT,
        "session.type": STRING,
        "session.output_modalities": ARRAY,
        "session.instructions": STRING,
        "session.tools": ARRAY,
        "session.tool_choice": STRING + OBJECT,
        "session.max_output_tokens": WHOLE + STRING,
        "session.audio": OBJECT,
        "session.audio.input": OBJECT,
        "session.audio.input.transcription": OBJECT + NONE,
        "session.audio.input.noise_reduction": OBJECT + NONE,
        "session.audio.input.turn_detection": OBJECT + NONE,
        "session.audio.input.turn_detection.type": STRING,
        "session.audio.input.turn_detection.threshold": NUMBER,
        "session.audio.input.turn_detection.prefix_padding_ms": WHOLE,
        "session.audio.input.turn_detection.silence_duration_ms": WHOLE,
        "session.audio.input.turn_detection.create_response": BOOLEAN,
        "session.audio.input.turn_detection.interrupt_response": BOOLEAN,
        "session.audio.output": OBJECT,
        "session.audio.output.voice": STRING + OBJECT,
        "session.audio.output.speed": NUMBER,
    },
    "input_audio_buffer.append": {"audio": STRING},
    "response.create": {"response": OBJECT + NONE, "response.instructions": STRING + NONE},
    "conversation.item.create": {"item": OBJECT, "item.id": STRING + NONE},
    "conversation.item.truncate": {"item_id": STRING, "audio_end_ms": WHOLE},
}
"""What this stand-in looks at, parents before their parts; anything else may have any type."""


def demand_types(event: Mapping[str, Any]) -> None:
    """`Refused` for the first parameter that has another type than it should."""
    for param, wanted in TYPES.get(str(event.get("type")), {}).items():
        found = _at(event, param)
        if found is not _MISSING and type(found) not in wanted:
            should = " or ".join(_WORDS[one] for one in wanted if one is not int or float not in wanted)
            raise Refused(
                f"Invalid type for '{param}': expected {should}, but got {_WORDS[type(found)]} instead.",
                code="invalid_type",
                param=param,
            )


def _at(value: Any, param: str) -> Any:
    for name in param.split("."):
        if not isinstance(value, dict) or name not in value:
            return _MISSING
        value = value[name]
    return value
