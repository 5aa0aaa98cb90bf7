"""
The talk of a check: our microphone into the room, the question, and the wait for its answer.

Where nothing could be asked, the notebook gets the fact that says why: it is no silence of the avatar.
"""

import asyncio
from collections.abc import Callable, Sequence

from liveavatar_ops.health.conversing import Asked, ask
from liveavatar_ops.health.facts import Span, Unasked
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.microphone import Microphone, MicrophoneRefused
from liveavatar_ops.health.notebook import Notebook
from liveavatar_ops.health.prompt import load_prompt
from livekit import rtc

PUBLISH_WITHIN_S = 10.0
NO_LONGER = "the session may not last longer (its own limit, or --max-credits)"


async def talk(
    room: rtc.Room,
    speech: Callable[[], Sequence[Span]],
    notes: Notebook,
    limits: Limits,
    *,
    begun: Callable[[], None],
) -> Asked | None:
    """Ask and listen; None where our microphone did not get into the room. `begun` is called once it did."""
    microphone = Microphone(load_prompt(), notes.now_s)
    try:
        async with asyncio.timeout(PUBLISH_WITHIN_S):
            await microphone.publish(room)
    except MicrophoneRefused as why:
        notes.extra["unasked"] = Unasked(kind="microphone_refused", why=str(why))
        return None
    except TimeoutError:
        waited = f"no answer within {PUBLISH_WITHIN_S:.0f} s"
        notes.extra["unasked"] = Unasked(kind="microphone_unanswered", why=waited)
        return None
    try:
        begun()
        greets = notes.target.speaks_first
        return await ask(microphone.say, speech, notes.now_s, limits, greets=greets)
    finally:
        await microphone.close()


def cut_off(notes: Notebook, *, left: bool) -> None:
    """Write down that the talk was not over when the session was; `left`: we left so that it would not be."""
    notes.extra["unasked"] = Unasked(kind="session_over", why=NO_LONGER if left else "the session ended")
    if left:
        notes.notes.append(f"the talk was cut off: {NO_LONGER}")
