"""
The call that stops a session, with the HTTP client behind it.

Apart from what uses it, so that the parent of a check loads the client only when something was left open:
the child does all other calls.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from liveavatar_ops.health.api_side import cleaning
from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.sessions import Sessions
from pulumi_liveavatar.settings import Settings


@contextmanager
def stopper(settings: Settings) -> Iterator[Callable[[str], None]]:
    """Stops the session of an id, by short calls that are sent once; `close_row` repeats them."""
    with LiveAvatarClient(cleaning(settings)) as client:
        yield Sessions(client).stop
