"""Variables that let no call out: one broken line with the name and the cure, and nothing else is tried."""

import pytest

from liveavatar_ops.doctor import api
from liveavatar_ops.doctor.finding import Finding, State
from liveavatar_ops.doctor.net import Address, Net, Proxy
from liveavatar_ops.doctor.rounds import examine
from pulumi_liveavatar.settings import Settings
from tests.unit.doctor.fakes import Wire

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *(name.lower() for name in PROXIES)):
        monkeypatch.delenv(name, raising=False)


def look(net: Net, url: str = "https://api.example.com") -> dict[str, Finding]:
    settings = Settings.model_validate({"api_key": "k" * 20, "api_url": url})
    groups = examine(api.checks(settings, [], net=net))
    return {finding.name: finding for group in groups for finding in group.findings}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SSL_CERT_FILE", "/nope"),
        ("HTTPS_PROXY", "socks5://proxy:1080"),
        ("HTTPS_PROXY", "ftp://proxy"),
        ("HTTPS_PROXY", "http://proxy:80a"),
        ("HTTPS_PROXY", "http://[::1"),
        ("HTTPS_PROXY", "http://proxy:99999"),
        ("SSLKEYLOGFILE", "/nope/keys"),
    ],
)
def test_a_variable_that_lets_no_call_out_is_one_broken_line(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the real network: nothing is dialled, so that no name has to be resolved for this."""
    monkeypatch.setenv(variable, value)

    found = look(Net())

    assert [name for name, finding in found.items() if finding.fix] == ["Way out"]
    assert variable in found["Way out"].sentence
    assert variable in found["Way out"].fix
    assert value not in str(found)
    assert {found[name].state for name in ("API name", "API TLS", "API key")} == {State.SKIPPED}


def test_a_proxy_that_can_be_used_is_told() -> None:
    """Somebody who did not know of it reads it here first."""
    found = look(Wire(proxy=Proxy(Address("proxy.corp", 3128))).net())

    assert found["Way out"].sentence == "by the proxy proxy.corp:3128"


def test_this_machine_needs_no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the API client has it: an emulator is reached whatever the variables say."""
    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy")

    found = look(Wire().net(), "http://127.0.0.1:4711")

    assert found["Way out"].state is State.SKIPPED
    assert found["API HTTP"].state is State.OK
