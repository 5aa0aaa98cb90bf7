"""Rules about secrets. The engine shows rules their values in plain text: no message ever holds one."""

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from rules.reading import PRODUCTION_SCHEMA, Gap, in_production, peek
from tokens import SECRET

_WHAT_TO_DO = (
    "Put the value into AWS Secrets Manager and declare it with aws=: "
    "then it is in no program and no state, and a rotation there is a change here."
)


def value_should_come_from_aws(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """Outside production a value from the configuration is allowed, and remarked upon."""
    if _given_by_value(args) and not in_production(args):
        report_violation(f"Secret {args.name} is given by value. {_WHAT_TO_DO}", args.urn)


def value_must_come_from_aws_in_production(
    args: ResourceValidationArgs, report_violation: ReportViolation
) -> None:
    """In production a value in the state, even an encrypted one, is one copy too many."""
    if _given_by_value(args) and in_production(args):
        what = f"Secret {args.name} of a production stack is given by value."
        report_violation(f"{what} {_WHAT_TO_DO}", args.urn)


def _given_by_value(args: ResourceValidationArgs) -> bool:
    return args.resource_type == SECRET and peek(args.props, "value") is not Gap.ABSENT


RULES = [
    ResourceValidationPolicy(
        name="secret-from-aws",
        description="A secret should come from AWS Secrets Manager, not by value.",
        enforcement_level=EnforcementLevel.ADVISORY,
        config_schema=PRODUCTION_SCHEMA,
        validate=value_should_come_from_aws,
    ),
    ResourceValidationPolicy(
        name="secret-from-aws-in-production",
        description="A production secret must come from AWS Secrets Manager, never by value.",
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PRODUCTION_SCHEMA,
        validate=value_must_come_from_aws_in_production,
    ),
]
