"""A variable that lets no call out is named, its value never, and the library agrees that it is no good."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from pulumi_liveavatar.api.client import LiveAvatarClient
from pulumi_liveavatar.api.errors import NoWayOut
from pulumi_liveavatar.api.way_out import unusable_proxy, unusable_roots
from pulumi_liveavatar.settings import Settings
from tests.unit.provider.conftest import API_KEY, ok

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
PASSWORD = "hunter2hunter2"


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *PROXIES,
        *(name.lower() for name in PROXIES),
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "SSLKEYLOGFILE",
    ):
        monkeypatch.delenv(name, raising=False)


def client(url: str, transport: httpx.BaseTransport | None = None) -> LiveAvatarClient:
    settings = Settings(api_key=SecretStr(API_KEY), api_url=url, max_attempts=1)
    return LiveAvatarClient(settings, transport=transport)


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("SSL_CERT_FILE", "/nope", "names no file"),
        ("SSL_CERT_FILE", "/", "names what cannot be read as a file"),
        ("SSL_CERT_FILE", __file__, "names a file without certificates"),
        ("SSLKEYLOGFILE", "/nope/keys", "cannot be written to"),
        ("HTTPS_PROXY", f"socks5://me:{PASSWORD}@proxy:1080", "needs the package socksio"),
        ("HTTPS_PROXY", f"ftp://me:{PASSWORD}@proxy", "begins with neither http:// nor https://"),
        ("HTTPS_PROXY", f"http://me:{PASSWORD}@proxy:80a", "its port is no number"),
        ("HTTPS_PROXY", "http://proxy:99999", "its port is no number"),
        ("HTTPS_PROXY", "http://[::1", "is no address"),
        ("HTTPS_PROXY", "http://", "names no host"),
        ("HTTPS_PROXY", "http://my proxy:3128", "names no host"),
        ("https_proxy", "http://proxy:0", "its port is no number"),
        ("all_proxy", "http://proxy:3128\n", "contains a character that no address has"),
        ("HTTPS_PROXY", "  http://proxy:3128", "a blank before it"),
        ("HTTP_PROXY", "proxy:80a", "its port is no number"),
        ("NO_PROXY", "localhost,intra:80a", "holds what is no address"),
    ],
)
def test_a_variable_that_lets_no_call_out_is_named(
    variable: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call fails as every call that got no answer does: one line, the name, the cure, no value."""
    monkeypatch.setenv(variable, value)

    with client("https://api.example.com") as made, pytest.raises(NoWayOut) as stopped:
        made.call("GET", "/v1/x")

    assert not stopped.value.sent
    assert stopped.value.why.startswith(f"{variable} ")
    assert why in stopped.value.why
    assert variable in stopped.value.next_step
    assert PASSWORD not in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_this_machine_is_reached_whatever_proxies_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no certificate is needed for an emulator beside us."""
    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy")
    monkeypatch.setenv("SSL_CERT_FILE", "/nope")

    with client("http://127.0.0.1:9", httpx.MockTransport(lambda _: ok("done"))) as made:
        assert made.call("GET", "/v1/x") == "done"


@pytest.mark.parametrize(
    "proxies",
    [
        {},
        {"https": "http://proxy:3128"},
        {"https": "proxy:3128", "no": "localhost,.intra,10.0.0.0/8,::1"},
        {"http": f"http://me:{PASSWORD}@proxy", "all": "https://[2001:db8::1]:3128"},
        {"https": "http://me:two words@proxy:3128"},
        {"https": "ftp://proxy", "no": "localhost, *"},
    ],
)
def test_what_the_library_takes_is_not_complained_of(
    proxies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by us nor by the library; NO_PROXY=* switches proxies off."""
    for scheme, value in proxies.items():
        monkeypatch.setenv(f"{scheme}_proxy", value)

    assert unusable_proxy() is None
    httpx.Client().close()


def test_a_socks_proxy_is_one_where_the_package_is_there() -> None:
    """Whoever installed it meant it."""
    assert unusable_proxy({"all": "socks5h://proxy:1080"}, {}, socks_is_here=lambda: True) is None
    assert unusable_proxy({"all": "socks5h://proxy:1080"}, {}, socks_is_here=lambda: False)


def test_a_folder_of_certificates_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The library says nothing of it and then trusts nobody. SSL_CERT_FILE comes first."""
    found = unusable_roots({"SSL_CERT_DIR": str(tmp_path / "none")})

    assert found is not None
    assert found.sentence == "SSL_CERT_DIR names no folder"
    assert unusable_roots({"SSL_CERT_DIR": str(tmp_path)}) is None


@pytest.mark.parametrize("value", ["http://proxy:3128 ", "proxy:3128", "http://me:secret@proxy"])
def test_a_proxy_that_the_library_takes_is_no_trouble(value: str) -> None:
    """A blank at the end is what it overlooks, too."""
    assert unusable_proxy({"https": value}, {}) is None
