"""What an open session costs as time passes, and when it has surely ended by itself."""

import math

ABANDONED_S = 200.0  # the service ends a session with nobody in its room after so long (API facts §4)


def cost_until(rate: float | None, since: float | None, until: float) -> float | None:
    """Credits of a session open from `since`: begun minutes. None where the rate is not known."""
    if since is None:
        return 0.0  # a token alone bills nothing
    return None if rate is None else rate * max(1, math.ceil((until - since) / 60))
