"""Rules about session templates: what is asked of LiveAvatar when a visitor comes."""

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from rules.reading import PRODUCTION_SCHEMA, Gap, in_production, peek
from tokens import SESSION_TEMPLATE

SANDBOX_LONGEST_S = 60
"""LiveAvatar answers 400 to longer sandbox sessions (LiveAvatar API facts §2.9, §4)."""

DEFAULT_MODEL = "gpt-realtime"
"""What the connector takes when no model is named (LiveAvatar API facts §2.9)."""


def production_is_no_sandbox(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """A sandbox shows customers the vendor's test avatar, for a minute."""
    if _is_template(args) and in_production(args) and peek(args.props, "is_sandbox") is True:
        report_violation(
            f"Session template {args.name} of a production stack runs in the sandbox: visitors would see "
            "LiveAvatar's test avatar for a minute. Set liveavatar-ops:sandbox to false for this stack.",
            args.urn,
        )


def sandbox_is_short(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """Such a template deploys and then fails at every visitor."""
    if not _is_template(args) or peek(args.props, "is_sandbox") is not True:
        return
    seconds = peek(args.props, "max_session_duration")
    if isinstance(seconds, int | float) and seconds > SANDBOX_LONGEST_S:
        report_violation(
            f"Session template {args.name} asks the sandbox for {seconds:.0f} s; LiveAvatar refuses more "
            f"than {SANDBOX_LONGEST_S} s there. Lower max_session_duration, or leave it out.",
            args.urn,
        )


def full_mode_needs_a_voice(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """In FULL mode LiveAvatar does the talking, and must be told from what."""
    if not _is_template(args) or peek(args.props, "mode") != "FULL":
        return
    if all(
        peek(args.props, *path) in (Gap.ABSENT, "")
        for path in (("avatar_persona", "context_id"), ("voice_agent", "id"))
    ):
        report_violation(
            f"Session template {args.name} runs in FULL mode without a context or a voice agent: the avatar "
            "would show but never answer. Set avatar_persona.context_id to a Context's id, or "
            "voice_agent.id, or mode to LITE.",
            args.urn,
        )


def realtime_needs_a_secret(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """Without a key the connector never reaches OpenAI, and the picture looks healthy all the same."""
    if not _is_template(args) or peek(args.props, "openai_realtime_config") is Gap.ABSENT:
        return
    if peek(args.props, "openai_realtime_config", "secret_id") in (Gap.ABSENT, ""):
        report_violation(
            f"Session template {args.name} uses OpenAI Realtime without a secret: the avatar would show but "
            "stay silent. Set openai_realtime_config.secret_id to the id of a Secret of type OPENAI_API_KEY.",
            args.urn,
        )


def model_stays(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """The API takes any string for a model, so nothing else will say this in time."""
    if not _is_template(args) or peek(args.props, "openai_realtime_config") in (Gap.ABSENT, Gap.UNKNOWN):
        return
    if peek(args.props, "openai_realtime_config", "model") in (Gap.ABSENT, DEFAULT_MODEL):
        report_violation(
            f"Session template {args.name} uses the model {DEFAULT_MODEL}. It is reported (by a third party) "
            "that OpenAI deprecated it on 2026-07-20 and shuts it down on 2027-01-20. Look at OpenAI's list "
            "of deprecations, and try a successor in dev with `liveavatar-ops health check` before that day.",
            args.urn,
        )


def _is_template(args: ResourceValidationArgs) -> bool:
    return args.resource_type == SESSION_TEMPLATE


RULES = [
    ResourceValidationPolicy(
        name="session-template-no-sandbox-in-production",
        description="A production session template must not run in the sandbox.",
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PRODUCTION_SCHEMA,
        validate=production_is_no_sandbox,
    ),
    ResourceValidationPolicy(
        name="session-template-sandbox-is-short",
        description=f"A sandbox session template must ask for at most {SANDBOX_LONGEST_S} seconds.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=sandbox_is_short,
    ),
    ResourceValidationPolicy(
        name="session-template-full-mode-needs-voice",
        description="A FULL-mode session template must name a context or a voice agent.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=full_mode_needs_a_voice,
    ),
    ResourceValidationPolicy(
        name="session-template-realtime-needs-secret",
        description="A session template with OpenAI Realtime must name a secret.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=realtime_needs_a_secret,
    ),
    ResourceValidationPolicy(
        name="session-template-model-stays",
        description="A session template should not rely on a model that is about to go.",
        enforcement_level=EnforcementLevel.ADVISORY,
        validate=model_stays,
    ),
]
