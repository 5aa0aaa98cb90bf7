"""A stack's settings: each mistake is named by its key, and limits are what they say."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog_reader import read_catalog
from environment import BadEnvironment, check_environment
from stack import BadReferences, check_references

GOOD: dict[str, Any] = {
    "sandbox": True,
    "avatars": {"june": "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"},
    "secrets": {"openai": {"awsSecretId": "dev/openai", "jsonKey": "api_key"}},
}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_every_shipped_stack_fits_the_catalog(root: Path, stack: str) -> None:
    """The three stack files are complete: each avatar and secret of each template is there."""
    config = yaml.safe_load((root / f"Pulumi.{stack}.yaml").read_text())["config"]
    given = {
        k.removeprefix("liveavatar-ops:"): v for k, v in config.items() if k.startswith("liveavatar-ops:")
    }

    environment = check_environment(given, "Pulumi.yaml")
    check_references(read_catalog(root / "infra" / "catalog"), environment, stack)

    assert environment.sandbox == (stack == "dev")
    assert (environment.gate is None) == (stack == "dev"), "what customers see is proven before an up is over"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"avatars": None}, "liveavatar-ops:avatars is missing", id="no avatars"),
        pytest.param({"avatars": {"june": "no-uuid"}}, "liveavatar-ops:avatars.june: .*UUID", id="no uuid"),
        pytest.param(
            {"secrets": {"openai": {}}},
            "secrets.openai: give either awsSecretId or valueFrom",
            id="no source",
        ),
        pytest.param(
            {"secrets": {"openai": {"awsSecretld": "x", "valueFrom": "k"}}},
            "awsSecretld is not known; did you mean awsSecretId",
            id="typo",
        ),
        pytest.param(
            {"gate": {"dept": "video"}}, "gate.dept is not known; did you mean depth", id="typo in the gate"
        ),
        pytest.param({"gate": {"depth": "deep"}}, "gate.depth: .*'conversation'", id="no such depth"),
        pytest.param({"maxSessionDuration": 0}, "maxSessionDuration: .*greater than 0", id="no time"),
    ],
)
def test_a_mistake_names_its_key(change: dict[str, Any], says: str) -> None:
    """The message holds the file and the key as it is typed."""
    given = {k: v for k, v in {**GOOD, **change}.items() if v is not None}

    with pytest.raises(BadEnvironment) as caught:
        check_environment(given, "Pulumi.dev.yaml")

    assert str(caught.value).startswith("Pulumi.dev.yaml")
    assert re.search(says, str(caught.value))


@pytest.mark.parametrize(
    ("sandbox", "cap", "wanted", "longest"),
    [
        (False, None, 900, 900),
        (False, 300, 900, 300),
        (True, None, 900, 60),
        (True, 30, None, 30),
        (False, None, None, None),
    ],
)
def test_the_shortest_limit_holds(
    sandbox: bool, cap: int | None, wanted: int | None, longest: int | None
) -> None:
    """A template may ask for less than its environment allows, never for more."""
    environment = check_environment({**GOOD, "sandbox": sandbox, "maxSessionDuration": cap}, "f")

    assert environment.longest_session_s(wanted) == longest


def test_unknown_references_are_all_named(root: Path) -> None:
    """Each template that names a missing avatar or secret is listed, with what to do."""
    lacking = check_environment({**GOOD, "avatars": {"jun": GOOD["avatars"]["june"]}, "secrets": {}}, "f")

    with pytest.raises(BadReferences) as caught:
        check_references(read_catalog(root / "infra" / "catalog"), lacking, "qa")

    text = str(caught.value)
    assert (
        "templates/front-desk.yaml: avatar 'june' is not in liveavatar-ops:avatars; did you mean jun?" in text
    )
    assert (
        "templates/night-desk.yaml: avatar 'marek' is not in liveavatar-ops:avatars; add it to Pulumi.qa.yaml"
        in text
    )
    assert text.count("secret 'openai' is not in liveavatar-ops:secrets") == 2
