"""A law that cannot fail proves nothing: each is broken by one careless line, and has to notice."""

from collections.abc import Callable

import pytest

from pulumi_liveavatar._base import LiveAvatarProvider
from pulumi_liveavatar.api.errors import LiveAvatarError
from tests.contract import broken, laws
from tests.contract.rows import CONTEXT, SECRET_BY_AWS, SECRET_BY_VALUE, SESSION_TEMPLATE, Row
from tests.contract.world import World

Law = Callable[[Row, World, type[LiveAvatarProvider]], None]

BREAKS: list[tuple[Law, Row, type[LiveAvatarProvider]]] = [
    (laws.no_change_after_apply, CONTEXT, broken.ComparesThePickle),
    (laws.no_change_after_apply, CONTEXT, broken.ForgetsADefault),
    (laws.a_hand_edit_is_drift_and_undone, CONTEXT, broken.ReadsItsOwnMemory),
    (laws.a_hand_edit_is_drift_and_undone, SESSION_TEMPLATE, broken.TrustsItsReferences),
    (laws.gone_is_gone_and_made_anew, CONTEXT, broken.FailsWhenGone),
    (laws.gone_is_gone_and_made_anew, SECRET_BY_VALUE, broken.NeverGone),
    (laws.deleting_twice_is_fine, CONTEXT, broken.DeletesOnce),
    (laws.deleting_twice_is_fine, SECRET_BY_VALUE, broken.DeletesNothing),
    (laws.replaced_only_where_declared, CONTEXT, broken.ReplacesForAName),
    (laws.replaced_only_where_declared, SECRET_BY_VALUE, broken.UpdatesAKey),
    (laws.replaced_only_where_declared, SECRET_BY_AWS, broken.OldBeforeNew),
    (laws.no_secret_value_anywhere, SECRET_BY_VALUE, broken.KeepsTheValue),
    (laws.no_secret_value_anywhere, SECRET_BY_AWS, broken.KeepsTheValue),
    (laws.no_secret_value_anywhere, CONTEXT, broken.PicklesItsClient),
    (laws.no_secret_value_anywhere, SECRET_BY_VALUE, broken.QuotesTheRequest),
    (laws.no_secret_value_anywhere, SECRET_BY_VALUE, broken.ChainsTheCause),
    (laws.unknown_values_pass_a_preview, CONTEXT, broken.WantsToKnow),
    (laws.unknown_values_pass_a_preview, CONTEXT, broken.TakesUnknownForSame),
    (laws.unknown_values_pass_a_preview, CONTEXT, broken.AsksInDiff),
    (laws.an_orphan_is_taken_over, SECRET_BY_VALUE, broken.MakesAnother),
    (laws.an_orphan_is_taken_over, SECRET_BY_AWS, broken.NamesByTheClock),
    (laws.an_orphan_is_taken_over, CONTEXT, broken.GivesUpOnAName),
]


@pytest.mark.parametrize(("law", "row", "provider"), BREAKS, ids=lambda each: getattr(each, "__name__", None))
def test_a_broken_provider_is_noticed(
    law: Law, row: Row, provider: type[LiveAvatarProvider], world: World
) -> None:
    """The law objects to what breaks it, and to nothing in the kind itself (`test_laws.py`)."""
    with pytest.raises((AssertionError, LiveAvatarError, KeyError)):
        law(row, world, provider)


def test_every_law_has_somebody_who_breaks_it() -> None:
    """A ninth law needs its mutation too."""
    own = [f for f in vars(laws).values() if getattr(f, "__module__", "") == laws.__name__]
    held = {f for f in own if not f.__name__.startswith("_")}

    assert held == {law for law, _, _ in BREAKS}
