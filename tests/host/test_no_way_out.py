"""A whole check where a variable lets no call out: whose fault that is, and by which name."""

import os
from pathlib import Path

import pytest

from tests.support.health import check


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SSL_CERT_FILE", "/nope"),
        ("HTTPS_PROXY", "socks5://me:hunter2hunter2@proxy:1080"),
        ("HTTPS_PROXY", "ftp://proxy"),
        ("HTTPS_PROXY", "http://proxy:80a"),
    ],
)
def test_a_variable_that_lets_no_call_out_is_our_network(tmp_path: Path, variable: str, value: str) -> None:
    """Inconclusive, named, without its value; no probe that died and left no facts."""
    own = {name: held for name, held in os.environ.items() if not name.upper().endswith("_PROXY")}
    env = {
        **own,
        "LIVEAVATAR_API_KEY": "k" * 20,
        "LIVEAVATAR_API_URL": "https://api.example.invalid",
        "LIVEAVATAR_OPS_STATE": str(tmp_path),
        variable: value,
    }

    ended = check(env, "--depth", "api")

    assert (ended.code, ended.verdict) == (3, ("inconclusive", "own_network"))
    assert ended.result is not None
    assert variable in ended.result["judgement"]["reasons"][0]["sentence"]
    assert "hunter2" not in str(ended)
