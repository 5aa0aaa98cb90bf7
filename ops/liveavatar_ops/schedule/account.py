"""How the watcher itself reaches LiveAvatar: only to count open sessions, never to open one."""

import time
from collections.abc import Callable, Collection, Sequence

from liveavatar_ops.health.stack import Config, StackError, settings_of, stack_config
from liveavatar_ops.schedule.targets import WatchTarget
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.errors import LiveAvatarError
from pulumi_liveavatar.api.sessions import Sessions
from pulumi_liveavatar.settings import Settings, SettingsError

PATIENCE_S = 15.0


def settings_for(targets: Sequence[WatchTarget], config: Config = stack_config) -> Settings:
    """
    From the environment, else from the config of the first stack that is watched, as its checks find them.

    Raises SettingsError or StackError: without a key every check would say the same, every few minutes.
    """
    stack = next((t.arguments[1] for t in targets if t.arguments[0] == "--stack"), None)
    return settings_of(stack, config)


def asker(settings: Settings) -> Callable[[], Collection[str] | None]:
    """Asks for the ids of all open sessions; None if the API does not say, which the next check will tell."""
    brief = settings.model_copy(update={"max_attempts": 2, "give_up_after_s": PATIENCE_S})

    def active() -> Collection[str] | None:
        try:
            with LiveAvatarClient(brief) as client:
                return [each.id for each in Sessions(client).list("active")]
        except LiveAvatarError:
            return None

    return active


def kept(
    ask: Callable[[], int | None], for_s: float, now: Callable[[], float] = time.monotonic
) -> Callable[[], int | None]:
    """The same answer for so many seconds: a look every few seconds is no reason to ask as often."""
    held: list[tuple[float, int | None]] = []

    def answer() -> int | None:
        if not held or now() - held[0][0] >= for_s:
            held[:] = [(now(), ask())]
        return held[0][1]

    return answer


__all__ = ["SettingsError", "StackError", "asker", "kept", "settings_for"]
