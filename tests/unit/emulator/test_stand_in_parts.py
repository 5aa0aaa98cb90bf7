"""What the stand-in is made of: its replies, and how it hears that a turn is over."""

import numpy as np

from liveavatar_emulator.openai_stand_in.replies import answer, given_words
from liveavatar_emulator.openai_stand_in.vad import Vad
from tests.unit.emulator.test_stand_in import INSTRUCTIONS


def test_answers_count_and_carry_the_name() -> None:
    """Each answer can be told from the one before."""
    assert "June" in answer(INSTRUCTIONS, 1)
    assert answer(INSTRUCTIONS, 1) != answer(INSTRUCTIONS, 2)
    assert answer("", 12).startswith("Hello")
    assert given_words('He said "yes".') is None


def test_the_vad_ends_a_turn_after_the_pause_it_was_told() -> None:
    """A pause shorter than the setting belongs to the turn."""
    loud, quiet = (
        np.full(24000 // 2, v, dtype="<i2") * np.resize([1, -1], 12000).astype("<i2") for v in (4000, 0)
    )
    vad = Vad(silence_ms=700)

    turns = [t.kind for part in (loud, quiet, loud, quiet, quiet) for t in vad.feed(part.tobytes())]

    assert turns == ["started", "stopped"]
