"""Where a secret's value comes from, and what objects are called."""

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE as UNKNOWN

from rules import names, secrets
from tokens import CONTEXT, SECRET, SESSION_TEMPLATE

from .asking import says

VALUE = "sk-a-value-that-must-not-be-shown"


@pytest.mark.parametrize(
    ("stack", "advised", "refused"), [("dev", 1, 0), ("staging", 1, 0), ("prod", 0, 1), ("prod-eu", 0, 1)]
)
@pytest.mark.parametrize("value", [VALUE, UNKNOWN], ids=["known", "not known in preview"])
def test_a_secret_by_value_is_advised_against_and_refused_in_production(
    stack: str, advised: int, refused: int, value: str
) -> None:
    """
    Exactly one of the two rules speaks, and neither repeats the value.
    """
    props = {"secret_type": "OPENAI_API_KEY", "value": value}

    advice = says(secrets.value_should_come_from_aws, SECRET, props, stack=stack)
    refusal = says(secrets.value_must_come_from_aws_in_production, SECRET, props, stack=stack)

    assert (len(advice), len(refusal)) == (advised, refused)
    assert all(VALUE not in message and "aws=" in message for message in advice + refusal)


@pytest.mark.parametrize(
    ("kind", "props"),
    [
        pytest.param(SECRET, {"aws": {"secret_id": "prod/openai", "version_id": "1"}}, id="from AWS"),
        pytest.param(SECRET, {"aws": {"secret_id": "prod/openai"}, "value": None}, id="value left empty"),
        pytest.param(CONTEXT, {"value": VALUE}, id="another kind"),
    ],
)
def test_a_secret_from_aws_is_fine_everywhere(kind: str, props: dict[str, object]) -> None:
    """
    Nothing is said about a secret whose value no program ever sees.
    """
    assert says(secrets.value_should_come_from_aws, kind, props) == []
    assert says(secrets.value_must_come_from_aws_in_production, kind, props, stack="prod") == []


@pytest.mark.parametrize("kind", [SECRET, CONTEXT, SESSION_TEMPLATE])
@pytest.mark.parametrize(
    ("props", "violations"),
    [
        pytest.param({"name": "project-dev-greeter"}, 0, id="ours"),
        pytest.param({"name": "project-prod-greeter"}, 1, id="another stack's"),
        pytest.param({"name": "greeter"}, 1, id="nobody's"),
        pytest.param({"name": UNKNOWN}, 0, id="not known in preview"),
        pytest.param({"name": "greeter", "adopt": True}, 0, id="adopted"),
        pytest.param({"name": "greeter", "adopt": False}, 1, id="not adopted"),
        pytest.param({}, 0, id="none"),
    ],
)
def test_names_begin_with_project_and_stack(kind: str, props: dict[str, object], violations: int) -> None:
    """
    A name tells whose object it is, unless somebody takes over what was made by hand.
    """
    said = says(names.name_says_where_it_belongs, kind, props)

    assert len(said) == violations
    assert all("'project-dev-'" in message for message in said)


def test_foreign_kinds_may_be_called_anything() -> None:
    """
    A bucket's name is not our business.
    """
    assert says(names.name_says_where_it_belongs, "aws:s3/bucket:Bucket", {"name": "photos"}) == []
