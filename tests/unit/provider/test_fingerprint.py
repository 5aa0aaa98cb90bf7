"""A value is recognised without being kept."""

import pytest

from pulumi_liveavatar.fingerprint import fingerprint, matches, suffix


def test_a_value_is_recognised_and_another_is_not() -> None:
    """Each fingerprint has its own salt, so equal values do not show as equal."""
    stored = fingerprint("the value")

    assert matches("the value", stored)
    assert not matches("another", stored)
    assert stored != fingerprint("the value")
    assert "the value" not in stored


@pytest.mark.parametrize("broken", [None, "", "scrypt", "scrypt$zz$00", "md5$00$00", 7])
def test_what_cannot_be_read_matches_nothing(broken: object) -> None:
    """An old or damaged state means a new secret, never a crash."""
    assert not matches("the value", broken)


def test_the_suffix_is_stable_and_keyed() -> None:
    """The same after a crash; of no use to somebody who sees the name and guesses."""
    assert suffix("the value", key="k") == suffix("the value", key="k")
    assert suffix("the value", key="k") != suffix("the value", key="other")
    assert suffix("the value", key="k") != suffix("another", key="k")
    assert len(suffix("the value", key="k")) == 8
