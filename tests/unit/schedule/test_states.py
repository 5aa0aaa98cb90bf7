"""A row of verdicts and what it amounts to."""

import pytest

from liveavatar_ops.health.verdicts import Verdict
from liveavatar_ops.schedule.config import Confirm, Flapping
from liveavatar_ops.schedule.states import State, TargetState, after, to_tell, told, unsettled

LETTERS = {
    "h": Verdict.HEALTHY,
    "d": Verdict.DEGRADED,
    "u": Verdict.UNHEALTHY,
    "i": Verdict.INCONCLUSIVE,
}


def walk(
    verdicts: str, *, confirm: Confirm | None = None, flapping: Flapping | None = None, apart_s: float = 60.0
):
    """(last state, what people were told on the way) after a row of results, one a minute."""
    state, said = TargetState(), []
    for i, letter in enumerate(verdicts):
        state = after(
            state,
            LETTERS[letter],
            1000.0 + i * apart_s,
            confirm=confirm or Confirm(),
            flapping=flapping or Flapping(),
        )
        if to_tell(state):
            said.append(state.shown.value)
            state = told(state)
        elif state.shown is State.UP:
            state = told(state)
    return state, said


@pytest.mark.parametrize(
    ("verdicts", "shown", "said"),
    [
        pytest.param("h", State.UP, [], id="begins healthy, which is no news"),
        pytest.param("u", State.UNKNOWN, [], id="one failure at the very start is not yet an outage"),
        pytest.param("uu", State.DOWN, ["down"], id="begins down, and that is news"),
        pytest.param("hu", State.UP, [], id="a single failure is nothing"),
        pytest.param("hhuhhuhhu", State.UP, [], id="one failure in three is nothing, for ever"),
        pytest.param("huu", State.DOWN, ["down"], id="confirmed"),
        pytest.param("huhu", State.DOWN, ["down"], id="two of three need not be in a row"),
        pytest.param("huiu", State.DOWN, ["down"], id="an inconclusive one between them does not matter"),
        pytest.param("hiiii", State.UP, [], id="inconclusive results never change a state"),
        pytest.param("hdd", State.DEGRADED, ["degraded"], id="degraded is confirmed, too"),
        pytest.param("hdu", State.DEGRADED, ["degraded"], id="two that are at least degraded"),
        pytest.param("hduu", State.DOWN, ["degraded", "down"], id="and worse"),
        pytest.param("huuh", State.DOWN, ["down"], id="one good result is not yet a recovery"),
        pytest.param("huuhh", State.UP, ["down", "up"], id="recovered"),
        pytest.param("huudd", State.DEGRADED, ["down", "degraded"], id="half recovered"),
        pytest.param("huuhhu", State.UP, ["down", "up"], id="failures before the recovery do not vote again"),
    ],
)
def test_the_state_changes_when_k_of_n_agree(verdicts, shown, said):
    """Two of the last three conclusive results since the last change decide; each change is told once."""
    state, heard = walk(verdicts)

    assert (state.shown, heard) == (shown, said)


def test_what_was_before_a_change_does_not_vote_again():
    """With a long memory, one failure after a recovery is still one failure."""
    state, said = walk("huuhhu", confirm=Confirm(failures=2, recoveries=2, of=5))

    assert (state.shown, said) == (State.UP, ["down", "up"])


def test_a_target_that_keeps_changing_is_held_and_told_once():
    """After so many changes within the hour nobody hears of single changes any more."""
    _, said = walk("h" + "uuhh" * 6)

    assert said == ["down", "up", "down", "flapping"]


def test_a_held_target_is_released_when_it_settles():
    """Five equal results in a row end the flapping, and people hear what it settled to."""
    _, up = walk("h" + "uuhh" * 3 + "hhhhh")
    _, down = walk("h" + "uuhh" * 3 + "uuuuu")

    assert up == ["down", "up", "down", "flapping", "up"]
    assert down == ["down", "up", "down", "flapping", "down"]


def test_slow_changes_are_no_flapping():
    """The same changes spread over days are told one by one."""
    _, said = walk("h" + "uuhh" * 4, apart_s=3600.0)

    assert said == ["down", "up"] * 4


@pytest.mark.parametrize(
    ("verdicts", "sooner"),
    [
        ("h", False),
        ("hu", True),
        ("huu", False),
        ("huuh", True),
        ("huuhh", False),
        ("hui", True),
        ("huiii", False),
        ("u", True),
    ],
)
def test_what_speaks_against_the_state_is_asked_again_sooner(verdicts, sooner):
    """Until decided; and not for ever, where the answers say nothing."""
    state, _ = walk(verdicts)

    assert unsettled(state) is sooner


def test_one_of_one_believes_every_result():
    """k = n = 1 is the plain alarm for those who want it."""
    _, said = walk("huhu", confirm=Confirm(failures=1, recoveries=1, of=1))

    assert said == ["down", "up", "down"]
