"""The rules as a set."""

import re

import pytest
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy

from rules import contexts, names, secrets, session_templates

ALL = [*secrets.RULES, *contexts.RULES, *session_templates.RULES, *names.RULES]


def test_every_rule_has_a_name_of_its_own() -> None:
    """
    Violations and configuration refer to rules by name.
    """
    assert len({rule.name for rule in ALL}) == len(ALL)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_every_rule_states_what_it_asks_for_and_how_strictly(rule: ResourceValidationPolicy) -> None:
    """
    Names are kebab-case; a description is a sentence with should for advice and must for orders.
    """
    advice = rule.enforcement_level is EnforcementLevel.ADVISORY

    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert rule.description.endswith(".")
    assert (" should " if advice else " must ") in rule.description
    assert rule.enforcement_level in (EnforcementLevel.ADVISORY, EnforcementLevel.MANDATORY)
