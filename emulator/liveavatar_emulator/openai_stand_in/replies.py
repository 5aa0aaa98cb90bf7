"""What to say: the given words where words are given, else a short sentence drawn from the instructions."""

import re

_VERBATIM = re.compile(r"\b(?:word for word|verbatim|exactly)\b", re.IGNORECASE)
_QUOTED = re.compile(r'"(.+)"', re.DOTALL)
_NAME = re.compile(r"\b(?:You are|Your name is|I am)\s+([A-Z][\w'-]*(?:\s[A-Z][\w'-]*)?)")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def given_words(instructions: str) -> str | None:
    """What instructions ask to be said word for word."""
    quoted = _QUOTED.search(instructions)
    return quoted.group(1).strip() if quoted and _VERBATIM.search(instructions) else None


def answer(instructions: str, turn: int) -> str:
    """An answer to the user's `turn`-th utterance (1 is the first)."""
    name = _NAME.search(instructions)
    who = f"This is {name.group(1)}." if name else "Hello."
    count = _ORDINALS[turn - 1] if turn <= len(_ORDINALS) else f"{turn}th"
    return f"{who} I heard you well, and this is my {count} answer."
