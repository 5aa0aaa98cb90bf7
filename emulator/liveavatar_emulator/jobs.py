"""What an avatar worker is told when it is sent into a room."""

from typing import Literal

from pydantic import BaseModel, Field

from liveavatar_emulator.world import World
from liveavatar_emulator.world.records import AvatarRecord, Quality, SessionRecord
from liveavatar_emulator.world.references import Wanted

FPS = 25  # LiveAvatar API facts §3.3: not documented; third parties' doubles use 25

# LiveAvatar API facts §3.3, "Resolution by quality"; width and height of a picture that is not upright.
SIZES: dict[Quality, tuple[int, int]] = {
    "very_high": (1920, 1080),
    "high": (1280, 720),
    "medium": (854, 480),
    "low": (640, 360),
}


class JobAvatar(BaseModel):
    """Whom to draw."""

    id: str
    name: str
    look: str


class JobVideo(BaseModel):
    """How large and how often, in pixels and frames a second."""

    width: int
    height: int
    fps: int = FPS
    codec: Literal["H264", "VP8"]


class JobContext(BaseModel):
    """What the avatar was told to be."""

    name: str
    prompt: str
    opening_text: str | None


class JobOpenAi(BaseModel):
    """Which model does the talking, and with whose key."""

    base_url: str
    api_key: str = Field(repr=False)
    model: str
    voice: str
    temperature: float


class Job(BaseModel):
    """One line of JSON on a worker's standard input: everything it needs for one session."""

    session_id: str
    livekit_url: str
    token: str = Field(repr=False)
    avatar: JobAvatar
    video: JobVideo
    context: JobContext | None
    openai: JobOpenAi | None
    faults: list[dict[str, object]] = Field(default_factory=list)
    max_session_duration: int


def job_for(
    world: World,
    session: SessionRecord,
    wanted: Wanted,
    *,
    livekit_url: str,
    token: str,
    openai_url: str,
) -> Job:
    """Look up all that a started session refers to, but its faults; ``openai_url`` ends in ``/v1``."""
    avatar = world.avatars.demand(wanted.avatar_id)
    if wanted.livekit is not None:  # Bring your own room (LiveAvatar API facts §2.9, livekit_config).
        livekit_url, token = wanted.livekit["livekit_url"], wanted.livekit["livekit_client_token"]
    return Job(
        session_id=session.id,
        livekit_url=livekit_url,
        token=token,
        avatar=JobAvatar(id=avatar.id, name=avatar.name, look=avatar.look),
        video=video_for(avatar, wanted),
        context=_context(world, wanted),
        openai=_openai(world, wanted, openai_url),
        max_session_duration=session.max_session_duration,
    )


def video_for(avatar: AvatarRecord, wanted: Wanted) -> JobVideo:
    """The picture's size by quality; an upright avatar is taller than wide (LiveAvatar API facts §3.3)."""
    width, height = SIZES[wanted.quality]
    if avatar.look == "vertical":
        width, height = height, width
    return JobVideo(width=width, height=height, codec=wanted.encoding)


def _context(world: World, wanted: Wanted) -> JobContext | None:
    if wanted.context_id is None:
        return None
    found = world.contexts.demand(wanted.context_id)
    return JobContext(name=found.name, prompt=found.prompt, opening_text=found.opening_text)


def _openai(world: World, wanted: Wanted, base_url: str) -> JobOpenAi | None:
    if wanted.openai is None or wanted.secret_id is None:
        return None
    return JobOpenAi.model_validate(
        {
            "base_url": base_url,
            "api_key": world.secrets.demand(wanted.secret_id).secret_value,
            **{name: wanted.openai[name] for name in ("model", "voice", "temperature")},
        }
    )
