"""An emulator of our own for the time of a rehearsal, and its admin door: a child process, no import."""

import contextlib
import json
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from liveavatar_ops.demo.services import service
from liveavatar_ops.demo.surroundings import API_KEY, OPENAI_KEY, Surroundings
from liveavatar_ops.rehearse.row import Played
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.secrets import Secrets
from pulumi_liveavatar.settings import Settings

ANSWERS_WITHIN_S = 30.0
REVOKED = "sk-a-key-that-was-revoked-long-ago"
COMMAND = Path(sys.executable).parent / "liveavatar-emulator"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # this machine needs no proxy


@dataclass(frozen=True)
class Things:
    """What session templates refer to, as ids of this emulator."""

    openai_key: str
    revoked_key: str
    context: str


@dataclass(frozen=True)
class Emulator:
    """A running emulator; `settings` are those of a client that calls it."""

    settings: Settings
    admin_url: str
    things: Things

    def play(self, played: Played) -> None:
        """Put a fault in force."""
        self._admin("POST", "/faults", played)

    def clear(self) -> None:
        """No fault is in force, nothing is held back."""
        self._admin("DELETE", "/faults")

    def open_sessions(self) -> list[str]:
        """Ids of the sessions that it counts as open."""
        return [str(one["id"]) for one in self._admin("GET", "/sessions") if one["state"] == "active"]

    def _admin(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address of a child of ours
            self.admin_url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with _DIRECT.open(request, timeout=ANSWERS_WITHIN_S) as answer:
            return json.load(answer)


@contextlib.contextmanager
def running_emulator(folder: Path, *, media: bool = True) -> Iterator[Emulator]:
    """
    An emulator in memory only, and in it what templates refer to; its log goes to `folder`.

    Raises ServiceFailed when it does not come up.
    """
    place = Surroundings(folder)
    command = [str(COMMAND), "serve", "--json", "--die-with-parent", "--ephemeral"]
    command += [] if media else ["--no-media"]
    with service(
        "LiveAvatar emulator", command, env=place.emulator_env(), log=folder / "emulator.log"
    ) as told:
        settings = Settings.model_construct(
            **{name: field.get_default() for name, field in Settings.model_fields.items()}
            | {"api_key": SecretStr(API_KEY), "api_url": str(told["api_url"])}
        )
        yield Emulator(settings, str(told["admin_url"]), _things(settings))


def _things(settings: Settings) -> Things:
    with LiveAvatarClient(settings) as client:
        secrets, contexts = Secrets(client), Contexts(client)

        def stored(name: str, value: str) -> str:
            kind = "OPENAI_API_KEY"
            return secrets.create(secret_name=name, secret_type=kind, secret_value=SecretStr(value)).id

        # Without an opening text nothing is said before the question: a rehearsal need not hear it out.
        context = contexts.create(name="rehearsal", prompt="You greet people and answer in one sentence.")
        return Things(stored("good", OPENAI_KEY), stored("revoked", REVOKED), context.id)
