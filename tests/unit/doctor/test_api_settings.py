"""Settings that doctor cannot read: told in one line, and nobody is called."""

import pytest

from liveavatar_ops.doctor import api
from liveavatar_ops.doctor.finding import State
from tests.unit.doctor.fakes import Wire
from tests.unit.doctor.test_api import KEY


def test_settings_that_cannot_be_read_skip_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """All problems stand in one line, no value is quoted, and nothing is dialled."""
    monkeypatch.setenv("LIVEAVATAR_API_URL", "ftp://hunter2@example.com")
    monkeypatch.setenv("LIVEAVATAR_TIMEOUT_S", "soon")
    wire = Wire()

    checks = api.checks(*api.find_settings(), net=wire.net())
    found = [finding for check in checks for finding in check.look()]

    assert found[0].state is State.BROKEN
    assert all(
        name in found[0].sentence for name in ("LIVEAVATAR_API_KEY", "LIVEAVATAR_API_URL", "TIMEOUT_S")
    )
    assert "hunter2" not in str(found)
    assert {finding.state for finding in found[1:]} == {State.SKIPPED}
    assert wire.dialled == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "https://h:80a"])
def test_an_address_with_a_bad_port_is_a_setting_that_cannot_be_read(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One broken line, no traceback."""
    monkeypatch.setenv("LIVEAVATAR_API_URL", url)
    monkeypatch.setenv("LIVEAVATAR_API_KEY", KEY)

    first, *rest = [
        found for check in api.checks(*api.find_settings(), net=Wire().net()) for found in check.look()
    ]

    assert first.state is State.BROKEN
    assert "LIVEAVATAR_API_URL" in first.sentence
    assert {finding.state for finding in rest} == {State.SKIPPED}


def test_a_missing_key_leaves_the_address_known() -> None:
    """The settings are there with a stand-in, and the problem stands beside them."""
    found, problems = api.find_settings()

    assert found is not None
    assert len(problems) == 1
    assert problems[0].startswith("LIVEAVATAR_API_KEY")
