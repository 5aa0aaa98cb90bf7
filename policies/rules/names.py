"""Rules about names. One LiveAvatar account holds all environments; names keep them apart."""

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from rules.reading import peek, stack_and_project
from tokens import NAMED


def name_says_where_it_belongs(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """An object without the prefix could be taken for another stack's, and be taken over by it."""
    if args.resource_type not in NAMED:
        return
    stack, project = stack_and_project(args.urn)
    prefix = f"{project}-{stack}-"
    name = peek(args.props, "name")
    if peek(args.props, "adopt") is True:
        return  # whoever adopts means an object that has its name already
    if isinstance(name, str) and not name.startswith(prefix):
        kind = args.resource_type.rpartition(":")[2]
        report_violation(
            f"{kind} {args.name} would be called {name!r} at LiveAvatar; names there begin with {prefix!r}, "
            "so that stacks in one account cannot take over each other's objects. Leave the name out to get "
            "it, or set adopt if you mean an object that was made by hand.",
            args.urn,
        )


RULES = [
    ResourceValidationPolicy(
        name="name-begins-with-project-and-stack",
        description="Names at LiveAvatar must begin with project and stack.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=name_says_where_it_belongs,
    ),
]
