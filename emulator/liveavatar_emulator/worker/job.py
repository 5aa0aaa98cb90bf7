"""What the control plane tells a worker: one job, then commands; each one JSON line."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Avatar(_Line):
    """Whom to draw: see `drawing.looks`."""

    id: str
    name: str = ""
    look: str = "studio"


class Video(_Line):
    """The track to publish."""

    width: int = Field(default=1280, ge=64, le=3840)
    height: int = Field(default=720, ge=64, le=3840)
    fps: int = Field(default=25, ge=1, le=60)
    codec: Literal["H264", "VP8"] = "H264"


class Context(_Line):
    """What the avatar knows and says first."""

    name: str = ""
    prompt: str = ""
    opening_text: str | None = None


class OpenAi(_Line):
    """The OpenAI Realtime service to bridge to (connector page: voice, model, temperature)."""

    base_url: str
    api_key: SecretStr
    model: str = "gpt-realtime"
    voice: str = "alloy"
    temperature: float | None = 0.8


class Fault(BaseModel):
    """A fault by name, with the parameters that kind of fault has."""

    model_config = ConfigDict(frozen=True, extra="allow")
    name: str

    def number(self, key: str, default: float) -> float:
        """A parameter as a number; what is missing or no number is the default."""
        value = (self.model_extra or {}).get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


class Job(_Line):
    """Everything one avatar needs for one session."""

    session_id: str
    livekit_url: str
    token: SecretStr
    avatar: Avatar
    video: Video = Video()
    context: Context | None = None
    openai: OpenAi | None = None
    faults: tuple[Fault, ...] = ()
    max_session_duration: int | None = None


class Stop(_Line):
    """End the session; `reason` is one of the API's end reasons."""

    command: Literal["stop"]
    reason: str = "USER_CLOSED"


class AddFault(_Line):
    """One more fault, from now on."""

    command: Literal["fault"]
    fault: Fault


class ClearFaults(_Line):
    """No faults from now on (what has gone, as an avatar that left, stays gone)."""

    command: Literal["clear_faults"]


Command = Annotated[Stop | AddFault | ClearFaults, Field(discriminator="command")]
_COMMANDS: TypeAdapter[Stop | AddFault | ClearFaults] = TypeAdapter(Command)


class BadLine(Exception):
    """A line that is no job or no command; its text names each field and what is wrong, never a value."""


def read_job(line: str | bytes) -> Job:
    """The job of a line, or `BadLine`."""
    try:
        return Job.model_validate_json(line)
    except ValidationError as error:
        raise BadLine(_told("job", error)) from None


def read_command(line: str | bytes) -> Stop | AddFault | ClearFaults:
    """The command of a line, or `BadLine`."""
    try:
        return _COMMANDS.validate_json(line)
    except ValidationError as error:
        raise BadLine(_told("command", error)) from None


def _told(what: str, error: ValidationError) -> str:
    problems: list[dict[str, Any]] = [
        dict(one) for one in error.errors(include_input=False, include_url=False)
    ]
    told = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'line'}: {p['msg']}" for p in problems)
    return f"This line on stdin is no {what}: {told}."
