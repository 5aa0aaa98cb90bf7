"""Where settings come from, which one wins, and what is said about a bad one."""

import traceback
from pathlib import Path

import pytest

from pulumi_liveavatar.settings import (
    Settings,
    SettingsError,
    config_keys,
    load_aws_settings,
    load_settings,
)


def problems(**config: str) -> str:
    """What is said about the stack's config."""
    given = {f"liveavatar:{key}": value for key, value in config.items()}
    with pytest.raises(SettingsError) as refused:
        load_settings({"liveavatar:apiKey": "k", **given})
    return str(refused.value)


def test_the_environment_wins_over_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """A destroy is configured from the state, whose key may be an old one."""
    monkeypatch.setenv("LIVEAVATAR_API_KEY", "of-the-environment")

    settings = load_settings({"liveavatar:apiKey": "of-the-stack", "liveavatar:timeoutS": "7"})

    assert settings.api_key.get_secret_value() == "of-the-environment"
    assert settings.timeout_s == 7


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI systems set variables to nothing."""
    monkeypatch.setenv("LIVEAVATAR_API_KEY", "")

    assert load_settings({"liveavatar:apiKey": "of-the-stack"}).api_key.get_secret_value() == "of-the-stack"


def test_our_own_region_wins_over_the_general_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEAVATAR_AWS_REGION, then AWS_REGION, then the stack."""
    stack = {"liveavatar:awsRegion": "eu-west-3"}
    seen = [load_aws_settings(stack).aws_region]
    for name, region in (("AWS_REGION", "eu-west-2"), ("LIVEAVATAR_AWS_REGION", "eu-west-1")):
        monkeypatch.setenv(name, region)
        seen.append(load_aws_settings(stack).aws_region)

    assert seen == ["eu-west-3", "eu-west-2", "eu-west-1"]


def test_a_missing_key_names_the_variable_and_the_config_key() -> None:
    """Whoever has no key yet reads both places where it can be put."""
    with pytest.raises(SettingsError, match=r"LIVEAVATAR_API_KEY \(config key liveavatar:apiKey.*is missing"):
        load_settings()


@pytest.mark.parametrize("variable", ["LIVEAVATAR_AWS_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_bad_value_is_named_by_the_variable_that_holds_it(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody finds a mistake in a variable that is not set."""
    monkeypatch.setenv(variable, "Frankfurt")

    with pytest.raises(SettingsError, match=f" {variable} "):
        load_aws_settings()


def test_all_bad_settings_are_named_at_once() -> None:
    """Not one after the other."""
    said = problems(timeoutS="soon", maxAttempts="0", apiUrl="api.liveavatar.com", awsRegion="Frankfurt")

    for name in (
        "LIVEAVATAR_TIMEOUT_S",
        "LIVEAVATAR_MAX_ATTEMPTS",
        "LIVEAVATAR_API_URL",
        "LIVEAVATAR_AWS_REGION",
    ):
        assert name in said
    assert "\n" not in said


@pytest.mark.parametrize("bad", ["sk two words canary", "sk-ümlaut-canary", "sk-canary\nX-Evil: 1"])
def test_a_key_that_no_header_can_carry_is_refused_unquoted(bad: str) -> None:
    """The HTTP library would refuse it too, and quote it."""
    with pytest.raises(SettingsError) as refused:
        load_settings({"liveavatar:apiKey": bad})

    whole = "".join(traceback.format_exception(refused.value))
    assert "LIVEAVATAR_API_KEY" in whole
    assert "canary" not in whole


def test_a_line_end_around_a_key_is_dropped() -> None:
    """`pulumi config set < file` brings one along."""
    assert load_settings({"liveavatar:apiKey": " k1\n"}).api_key.get_secret_value() == "k1"


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://api.liveavatar.com/", True),
        ("http://127.0.0.1:8080", True),
        ("http://emulator:8080", True),
        ("http://10.0.0.7", True),
        ("http://api.liveavatar.com", False),
        ("https://user:pass@api.liveavatar.com", False),
        ("https://api.liveavatar.com?x=1", False),
        ("ftp://api.liveavatar.com", False),
    ],
)
def test_a_key_never_crosses_the_internet_in_clear_text(url: str, fits: bool) -> None:
    """http is for this machine and for private networks."""
    if fits:
        got = load_settings({"liveavatar:apiKey": "k", "liveavatar:apiUrl": url}).api_url
        assert got == url.rstrip("/")
    else:
        assert "LIVEAVATAR_API_URL" in problems(apiUrl=url)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:99999", "https://api.example.com:80a", "https://[::1", "https://api.example.com:0"],
)
def test_an_address_without_a_port_that_exists_is_refused_at_once(url: str) -> None:
    """Not by whoever dials it first, with a traceback; the address itself is not quoted."""
    said = problems(apiUrl=url, awsEndpointUrl=url)

    assert "LIVEAVATAR_API_URL" in said
    assert "AWS_ENDPOINT_URL_SECRETS_MANAGER" in said
    assert "65535" in said
    assert url not in said


def test_settings_are_frozen_and_show_no_key() -> None:
    """Nobody changes them half-way; printing them tells nothing."""
    settings = load_settings({"liveavatar:apiKey": "the-key-itself"})

    with pytest.raises(ValueError, match="frozen"):
        settings.timeout_s = 3  # type: ignore[misc]  # that it cannot be set is the point
    assert "the-key-itself" not in repr(settings)


def test_every_setting_can_come_from_the_stack() -> None:
    """Each has a config key of its own."""
    assert len(set(config_keys())) == len(Settings.model_fields)
    assert all(key.startswith("liveavatar:") for key in config_keys())


def test_nobody_else_reads_the_environment() -> None:
    """One place to look at when a value surprises."""
    package = Path(__file__).parents[3] / "provider" / "pulumi_liveavatar"
    readers = [p.name for p in package.rglob("*.py") if "environ" in p.read_text() and "os." in p.read_text()]

    assert [name for name in readers if name != "settings.py"] == []
