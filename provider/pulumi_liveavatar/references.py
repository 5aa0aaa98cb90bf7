"""Whether what a session template refers to is still there: its secret, its context, its avatar."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_liveavatar.api.avatars import SANDBOX_AVATARS, Avatars
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.connectors import CONNECTORS
from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.errors import NotThere
from pulumi_liveavatar.api.secrets import Secrets

CONTEXT_HOLDERS = ("openai_realtime_config", "gemini_realtime_config", "avatar_persona")


@dataclass(frozen=True)
class Dangling:
    """One dangling reference. `fatal`: no session can start with it; else it may only look so."""

    place: tuple[str, ...]
    sentence: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{'.'.join(self.place)}: {self.sentence}"


def dangling_references(body: Mapping[str, Any], client: LiveAvatarClient) -> list[Dangling]:
    """
    References of a token body that LiveAvatar does not know.

    LiveAvatar itself checks them only when a session starts (LiveAvatar API facts §3.7).
    """
    return [*_secrets(body, client), *_contexts(body, client), *_avatar(body, client)]


def without(body: Mapping[str, Any], dangling: list[Dangling]) -> dict[str, Any]:
    """The body as it would be without them: the difference is what a refresh shows as drift."""
    left = {key: dict(value) if isinstance(value, Mapping) else value for key, value in body.items()}
    for each in dangling:
        *above, last = each.place
        holder = left
        for part in above:
            holder = holder[part]
        holder.pop(last, None)
    return left


def _secrets(body: Mapping[str, Any], client: LiveAvatarClient) -> Iterator[Dangling]:
    wanted = [(name, kind) for name, kind in CONNECTORS.items() if body.get(name)]
    if not wanted:
        return
    types = {secret.id: secret.secret_type for secret in Secrets(client).list()}
    for name, kind in wanted:
        place, secret_id = (name, "secret_id"), body[name]["secret_id"]
        if secret_id not in types:
            yield Dangling(place, f"this account has no secret {secret_id}")
        elif types[secret_id] not in (kind, None):
            # Whether LiveAvatar checks the type is not known (facts §6, 23); the connector needs this one.
            yield Dangling(place, f"secret {secret_id} is of type {types[secret_id]}, and {kind} is needed")


def _contexts(body: Mapping[str, Any], client: LiveAvatarClient) -> Iterator[Dangling]:
    contexts = Contexts(client)
    for name in CONTEXT_HOLDERS:
        context_id = (body.get(name) or {}).get("context_id")
        if context_id is None:
            continue
        try:
            contexts.get(context_id)
        except NotThere:
            # A second opinion: a wrong address answers 404 to everything, and fails to list.
            if not any(context.id == context_id for context in contexts.list()):
                yield Dangling((name, "context_id"), f"this account has no context {context_id}")


def _avatar(body: Mapping[str, Any], client: LiveAvatarClient) -> Iterator[Dangling]:
    avatar_id = body["avatar_id"]
    if avatar_id in SANDBOX_AVATARS or Avatars(client).find(avatar_id):
        return
    words = f"neither the account's own nor the public avatars have {avatar_id}"
    yield Dangling(("avatar_id",), words, fatal=False)
