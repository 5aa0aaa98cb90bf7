"""How large the clip of a recording is, and how to say so; without numpy, for whoever only reports it."""

from liveavatar_ops.health.facts import Facts

MOST_PER_S = 12.0
MOST_LINES = 480
SPOOL_BYTES = 384 * 1024**2
"""What a check with `--record` keeps in its working folder at most: 93 s of 640x360."""


def step_for(wide: int, high: int) -> int:
    """Every how many lines and columns become one."""
    return max(1, -(-min(wide, high) // MOST_LINES))


def clip_in_words(facts: Facts) -> str:
    """What the clip is, and that it is not what was measured."""
    video = facts.video
    if not video.width or not video.height:
        return f"for looking at: at most {MOST_LINES} lines, {MOST_PER_S:.0f} pictures a second"
    step = step_for(video.width, video.height)
    wide, high = 2 * max(video.width // step // 2, 1), 2 * max(video.height // step // 2, 1)
    rate = "" if video.fps is None else f" at {video.fps:.1f} fps"
    asked = ", our question mixed in" if facts.conversation is not None else ""
    return (
        f"for looking at: {wide}×{high}, at most {MOST_PER_S:.0f} pictures a second{asked}; "
        f"measured was {video.width}×{video.height}{rate}"
    )
