"""How the watcher itself reaches LiveAvatar: only to count open sessions, never to open one."""

from collections.abc import Callable, Collection, Sequence

from liveavatar_ops.health.stack import StackError, stack_config
from liveavatar_ops.schedule.targets import WatchTarget
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.errors import LiveAvatarError
from pulumi_liveavatar.api.sessions import Sessions
from pulumi_liveavatar.settings import Settings, SettingsError, load_settings

PATIENCE_S = 15.0


def settings_for(targets: Sequence[WatchTarget]) -> Settings:
    """
    From the environment, else from the config of the first stack that is watched, as its checks find them.

    Raises SettingsError or StackError: without a key every check would say the same, every few minutes.
    """
    try:
        return load_settings()
    except SettingsError:
        stack = next((t.arguments[1] for t in targets if t.arguments[0] == "--stack"), None)
        if stack is None:
            raise
        return load_settings(stack_config(stack, secrets=True))


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


__all__ = ["SettingsError", "StackError", "asker", "settings_for"]
