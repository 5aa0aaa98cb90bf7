"""What the emulator takes from its environment; the only place that reads it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

API_KEY = "LIVEAVATAR_EMULATOR_API_KEY"
OPENAI_KEYS = "LIVEAVATAR_EMULATOR_OPENAI_KEYS"
OPENAI_URL = "LIVEAVATAR_EMULATOR_OPENAI_URL"
LIVEKIT = "LIVEAVATAR_EMULATOR_LIVEKIT"
DEFAULT_API_KEY = "emulator-api-key"
DEFAULT_OPENAI_KEY = "sk-emulator-accepts-this-key"


class Settings(BaseModel):
    """Keys and addresses; keys come by environment only, because flags show in the process list."""

    model_config = ConfigDict(frozen=True)

    api_key: SecretStr
    openai_keys: tuple[SecretStr, ...]
    openai_url: str | None
    livekit_binary: Path | None
    state: Path | None
    """None where no home is known to keep it in."""


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment; every variable has a default."""
    env = os.environ if env is None else env
    keys = [key.strip() for key in env.get(OPENAI_KEYS, "").split(",") if key.strip()]
    home = _state_home(env)
    return Settings(
        api_key=SecretStr(env.get(API_KEY) or DEFAULT_API_KEY),
        openai_keys=tuple(SecretStr(key) for key in keys or [DEFAULT_OPENAI_KEY]),
        openai_url=(env.get(OPENAI_URL) or "").rstrip("/") or None,
        livekit_binary=_livekit(env),
        state=home and home / "liveavatar-emulator" / "state.db",
    )


def _state_home(env: Mapping[str, str]) -> Path | None:
    if env.get("XDG_STATE_HOME"):
        return Path(env["XDG_STATE_HOME"])
    try:
        return Path(env.get("HOME", "~")).expanduser() / ".local" / "state"
    except RuntimeError:  # a user without an entry in the system's list, as in a container
        return None


def _livekit(env: Mapping[str, str]) -> Path | None:
    if env.get(LIVEKIT):
        return Path(env[LIVEKIT])
    places = [
        Path(sys.executable).parent,
        *(Path(one) for one in env.get("PATH", "").split(os.pathsep) if one),
    ]
    return next((place / "livekit-server" for place in places if (place / "livekit-server").is_file()), None)
