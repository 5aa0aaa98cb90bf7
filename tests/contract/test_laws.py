"""The contract: eight laws, every kind."""

import pytest

from tests.contract import laws
from tests.contract.rows import ROWS, Row, inputs_of
from tests.contract.world import OPENAI_KEY, World


def rows(*needed: str) -> list[object]:
    """The rows that have what a law needs."""
    fit = [row for row in ROWS if all(getattr(row, name) is not None for name in needed)]
    return [pytest.param(row, id=row.name) for row in fit]


@pytest.mark.parametrize("row", rows())
def test_no_change_after_apply(row: Row, world: World) -> None:
    """What was applied needs nothing more."""
    laws.no_change_after_apply(row, world, row.provider)


@pytest.mark.parametrize("row", rows("hand_edit"))
def test_a_hand_edit_is_drift_and_undone(row: Row, world: World) -> None:
    """A change made by hand shows in a refresh and the next up undoes it."""
    laws.a_hand_edit_is_drift_and_undone(row, world, row.provider)


@pytest.mark.parametrize("row", rows("lose"))
def test_gone_is_gone_and_made_anew(row: Row, world: World) -> None:
    """What was deleted by hand leaves the state and is made again."""
    laws.gone_is_gone_and_made_anew(row, world, row.provider)


@pytest.mark.parametrize("row", rows())
def test_deleting_twice_is_fine(row: Row, world: World) -> None:
    """A destroy is content with what is already gone."""
    laws.deleting_twice_is_fine(row, world, row.provider)


@pytest.mark.parametrize("row", rows())
def test_replaced_only_where_declared(row: Row, world: World) -> None:
    """In place where possible; else new before old."""
    laws.replaced_only_where_declared(row, world, row.provider)


@pytest.mark.parametrize("row", rows())
def test_no_secret_value_anywhere(row: Row, world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Outputs, inputs read back, pickle, errors, and what is printed."""
    laws.no_secret_value_anywhere(row, world, row.provider)

    printed = "".join(capfd.readouterr())
    assert OPENAI_KEY not in printed
    assert world.emulator.api_key not in printed


@pytest.mark.parametrize("row", rows())
def test_unknown_values_pass_a_preview(row: Row, world: World) -> None:
    """What is not known yet neither fails a preview nor passes for unchanged."""
    laws.unknown_values_pass_a_preview(row, world, row.provider)


@pytest.mark.parametrize("row", rows("posts_to"))
def test_an_orphan_is_taken_over(row: Row, world: World) -> None:
    """One object, whatever moment the last run died at."""
    laws.an_orphan_is_taken_over(row, world, row.provider)


@pytest.mark.parametrize("row", rows())
def test_every_managed_input_has_its_case(row: Row, world: World) -> None:
    """A new input is either changed in place or declared to replace; nobody forgets to say which."""
    covered = set(row.changes(world))
    same_provider = [r for r in ROWS if r.provider is row.provider]

    assert set().union(*(r.changes(world) for r in same_provider)) == inputs_of(row)
    assert row.replaces <= covered


@pytest.mark.parametrize("row", rows())
def test_an_exemption_gives_its_reason(row: Row) -> None:
    """A law that a kind cannot be held to says why."""
    missing = {name for name in ("hand_edit", "lose", "posts_to") if getattr(row, name) is None}

    assert missing == set(row.exempt)
