"""Rules about contexts: what an avatar is told about itself, and says first."""

import re

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from rules.reading import Gap, peek, texts
from tokens import CONTEXT

SECRET_LOOKING = (
    ("an API key (sk-…)", re.compile(r"\bsk-[A-Za-z0-9_-]{16,}")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{30,}")),
    ("a GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}")),
    ("a Slack token", re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}")),
    ("a signed token (JWT)", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    (
        "a password or key written out",
        # A word for it, a sign of assignment, and something too long and too mixed for prose.
        re.compile(
            r"(?i)\b(?:password|passwd|secret|api[ _-]?key|token)\b\s*(?:is|:|=)\s*[\"']?"
            r"(?=[^\s\"']*\d)(?=[^\s\"']*[a-z])[^\s\"']{12,}"
        ),
    ),
)
"""What it looks like, and how it is recognised. Case counts except in the last row."""


def prompt_is_not_empty(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """LiveAvatar takes an empty prompt; the avatar would then be nobody."""
    if args.resource_type != CONTEXT:
        return
    prompt = peek(args.props, "prompt")
    if prompt is Gap.ABSENT or (isinstance(prompt, str) and not prompt.strip()):
        report_violation(
            f"Context {args.name} has an empty prompt: the avatar would have no instructions. "
            "Write the prompt below the front matter of its file in infra/catalog/contexts/.",
            args.urn,
        )


def no_secrets_in_texts(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """Whatever a prompt holds, an avatar can be talked into saying aloud."""
    if args.resource_type != CONTEXT:
        return
    for place in ("prompt", "opening_text", "links"):
        for path, text in texts(args.props, place):
            for line, what in found_in(text):
                report_violation(
                    f"Context {args.name}: {path}, line {line}, looks like it holds {what}. Take it out and "
                    "revoke it: visitors can talk an avatar into repeating its prompt.",
                    args.urn,
                )


def found_in(text: str) -> list[tuple[int, str]]:
    """Lines (from 1) that look like they hold a secret, and which sort; never the match itself."""
    return [
        (number, what)
        for number, line in enumerate(text.splitlines(), 1)
        for what in [next((what for what, pattern in SECRET_LOOKING if pattern.search(line)), None)]
        if what
    ]


RULES = [
    ResourceValidationPolicy(
        name="context-prompt-not-empty",
        description="A context must have a prompt.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=prompt_is_not_empty,
    ),
    ResourceValidationPolicy(
        name="context-without-secrets",
        description="Prompts, opening texts and links must hold no secrets.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=no_secrets_in_texts,
    ),
]
