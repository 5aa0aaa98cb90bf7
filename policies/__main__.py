"""
The policy pack: `pulumi up --policy-pack policies`.

Only this file builds the pack. Building one starts a server and blocks for ever, so the rules
themselves live in modules that can be imported.
"""

from pulumi_policy import EnforcementLevel, PolicyPack

from rules import contexts, names, secrets, session_templates

PolicyPack(
    name="liveavatar",
    policies=[*secrets.RULES, *contexts.RULES, *session_templates.RULES, *names.RULES],
    # Each rule states its own level; this one is for a rule that forgot.
    enforcement_level=EnforcementLevel.MANDATORY,
)
