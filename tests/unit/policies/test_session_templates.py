"""What a session template may ask for, and where."""

import pytest
from pulumi_policy import ResourceValidationPolicy
from pulumi_policy.proxy import UNKNOWN_BOOLEAN_VALUE, UNKNOWN_NUMBER_VALUE, UNKNOWN_OBJECT_VALUE
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE as UNKNOWN

from rules import session_templates as rules
from tokens import CONTEXT, SESSION_TEMPLATE

from .asking import says


@pytest.mark.parametrize(
    ("stack", "sandbox", "violations"),
    [
        pytest.param("prod", True, 1, id="production"),
        pytest.param("prod-eu", True, 1, id="a region of production"),
        pytest.param("production", True, 1, id="the long name"),
        pytest.param("prod", False, 0, id="production, live"),
        pytest.param("prod", UNKNOWN_BOOLEAN_VALUE, 0, id="not known in preview"),
        pytest.param("dev", True, 0, id="development"),
        pytest.param("preprod", True, 0, id="a stage before production"),
        pytest.param("product", True, 0, id="a name that only begins alike"),
    ],
)
def test_production_is_no_sandbox(stack: str, sandbox: object, violations: int) -> None:
    """
    Only a production stack's template is refused the sandbox.
    """
    said = says(rules.production_is_no_sandbox, SESSION_TEMPLATE, {"is_sandbox": sandbox}, stack=stack)

    assert len(said) == violations
    assert all("greeter" in message for message in said)


def test_what_production_is_can_be_configured() -> None:
    """
    A team that calls its production `live` says so in the pack's configuration.
    """
    config = {"productionStacks": ["live"]}

    for stack, violations in (("live", 1), ("prod", 0)):
        said = says(
            rules.production_is_no_sandbox, SESSION_TEMPLATE, {"is_sandbox": True}, stack=stack, config=config
        )
        assert len(said) == violations


@pytest.mark.parametrize(
    ("props", "violations"),
    [
        pytest.param({"is_sandbox": True, "max_session_duration": 61.0}, 1, id="a second too long"),
        pytest.param({"is_sandbox": True, "max_session_duration": 60.0}, 0, id="just short enough"),
        pytest.param({"is_sandbox": True}, 0, id="the vendor's own limit"),
        pytest.param({"is_sandbox": True, "max_session_duration": None}, 0, id="none given"),
        pytest.param({"is_sandbox": False, "max_session_duration": 900.0}, 0, id="no sandbox"),
        pytest.param({"max_session_duration": 900.0}, 0, id="no sandbox by default"),
        pytest.param({"is_sandbox": True, "max_session_duration": UNKNOWN_NUMBER_VALUE}, 0, id="unknown"),
    ],
)
def test_a_sandbox_session_is_short(props: dict[str, object], violations: int) -> None:
    """
    LiveAvatar ends sandbox sessions after a minute and refuses to be asked for more.
    """
    assert len(says(rules.sandbox_is_short, SESSION_TEMPLATE, props)) == violations


@pytest.mark.parametrize(
    ("props", "violations"),
    [
        pytest.param({"mode": "FULL"}, 1, id="neither"),
        pytest.param({"mode": "FULL", "avatar_persona": {"voice_id": "v-1"}}, 1, id="a persona without one"),
        pytest.param({"mode": "FULL", "avatar_persona": {"context_id": "c-1"}}, 0, id="a context"),
        pytest.param({"mode": "FULL", "avatar_persona": {"context_id": UNKNOWN}}, 0, id="one to be made"),
        pytest.param({"mode": "FULL", "avatar_persona": UNKNOWN_OBJECT_VALUE}, 0, id="a persona to be made"),
        pytest.param({"mode": "FULL", "voice_agent": {"id": "a-1"}}, 0, id="a voice agent"),
        pytest.param({"mode": "FULL", "avatar_persona": {"context_id": ""}}, 1, id="an empty one"),
        pytest.param({"mode": "LITE"}, 0, id="not needed"),
        pytest.param({}, 0, id="not needed by default"),
    ],
)
def test_full_mode_needs_a_voice(props: dict[str, object], violations: int) -> None:
    """
    Only a FULL-mode template that names nothing to speak from is refused.
    """
    assert len(says(rules.full_mode_needs_a_voice, SESSION_TEMPLATE, props)) == violations


@pytest.mark.parametrize(
    ("props", "violations"),
    [
        pytest.param({"openai_realtime_config": {"voice": "marin"}}, 1, id="absent"),
        pytest.param({"openai_realtime_config": {"secret_id": ""}}, 1, id="empty"),
        pytest.param({"openai_realtime_config": {"secret_id": "s-1"}}, 0, id="given"),
        pytest.param({"openai_realtime_config": {"secret_id": UNKNOWN}}, 0, id="to be made"),
        pytest.param({"openai_realtime_config": UNKNOWN_OBJECT_VALUE}, 0, id="all to be made"),
        pytest.param({"gemini_realtime_config": {}}, 0, id="another connector"),
    ],
)
def test_openai_realtime_needs_a_secret(props: dict[str, object], violations: int) -> None:
    """
    The connector without a key shows an avatar that never speaks.
    """
    assert len(says(rules.realtime_needs_a_secret, SESSION_TEMPLATE, props)) == violations


@pytest.mark.parametrize(
    ("props", "violations"),
    [
        pytest.param({"openai_realtime_config": {"model": "gpt-realtime"}}, 1, id="named"),
        pytest.param({"openai_realtime_config": {"secret_id": "s-1"}}, 1, id="by default"),
        pytest.param({"openai_realtime_config": {"model": "gpt-realtime-2.1"}}, 0, id="a later one"),
        pytest.param({"openai_realtime_config": {"model": UNKNOWN}}, 0, id="not known in preview"),
        pytest.param({"mode": "FULL"}, 0, id="no connector"),
    ],
)
def test_a_model_that_goes_is_remarked_upon(props: dict[str, object], violations: int) -> None:
    """
    The default model counts as much as one that is written out; it stays a remark.
    """
    said = says(rules.model_stays, SESSION_TEMPLATE, props)

    assert len(said) == violations
    assert all("reported" in message for message in said)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_other_kinds_are_none_of_their_business(rule: ResourceValidationPolicy) -> None:
    """
    A context that happens to have such properties is not judged by a template's rules.
    """
    props = {"mode": "FULL", "is_sandbox": True, "max_session_duration": 900.0, "openai_realtime_config": {}}

    assert says(rule.validate, SESSION_TEMPLATE, props, stack="prod") != []
    assert says(rule.validate, CONTEXT, props, stack="prod") == []
