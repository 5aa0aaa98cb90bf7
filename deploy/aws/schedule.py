"""
Brings what documents.py says about, and takes it away again. Every step may be repeated.

Each function returns what it changed as one line, or nothing when all was as wished: a second run is silent.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from deploy.aws import alarm
from deploy.aws.client import Aws, holds, unless_gone
from deploy.aws.documents import (
    KEEP_LOGS_DAYS,
    Document,
    Wish,
    may_run,
    may_start,
    schedule,
    task_definition,
    trust,
)

KEEP_NOT_STARTED_S = "1209600"
"""Two weeks, as long as SQS keeps anything."""


def up(wish: Wish, aws: Aws) -> Iterator[str]:
    """Make or mend everything; yields a line for each change."""
    for step in (_logs, _queue, _roles, _task, alarm.up, _schedule):
        yield from step(wish, aws)


def down(wish: Wish, aws: Aws) -> Iterator[str]:
    """Take everything away, the schedule first; yields a line for each. What is gone already is fine."""
    steps: tuple[tuple[str, Callable[[], Any]], ...] = (
        (f"schedule {wish.name}", lambda: aws.scheduler.delete_schedule(Name=wish.name)),
        (f"rule {wish.alarm}", lambda: alarm.down(wish, aws)),
        (f"queue {wish.queue}", lambda: aws.sqs.delete_queue(QueueUrl=_queue_url(wish, aws))),
        (f"role {wish.start_role}", lambda: _delete_role(wish.start_role, aws)),
        (f"role {wish.run_role}", lambda: _delete_role(wish.run_role, aws)),
        (f"log group {wish.log_group}", lambda: aws.logs.delete_log_group(logGroupName=wish.log_group)),
    )
    for what, take_away in steps:
        if unless_gone(take_away) is not None:
            yield f"- {what}"
    while arns := aws.ecs.list_task_definitions(familyPrefix=wish.name)["taskDefinitionArns"]:
        for arn in arns:
            aws.ecs.deregister_task_definition(taskDefinition=arn)
            yield f"- task definition {arn.rpartition('/')[2]}"


def _logs(wish: Wish, aws: Aws) -> Iterator[str]:
    found = aws.logs.describe_log_groups(logGroupNamePrefix=wish.log_group)["logGroups"]
    group = next((one for one in found if one["logGroupName"] == wish.log_group), None)
    if group is None:
        aws.logs.create_log_group(logGroupName=wish.log_group)
        yield f"+ log group {wish.log_group}"
    if group is None or group.get("retentionInDays") != KEEP_LOGS_DAYS:
        aws.logs.put_retention_policy(logGroupName=wish.log_group, retentionInDays=KEEP_LOGS_DAYS)
        if group is not None:
            yield f"~ log group {wish.log_group}: kept {KEEP_LOGS_DAYS} days"


def _queue(wish: Wish, aws: Aws) -> Iterator[str]:
    if unless_gone(lambda: _queue_url(wish, aws)) is None:
        attributes = {"MessageRetentionPeriod": KEEP_NOT_STARTED_S, "SqsManagedSseEnabled": "true"}
        aws.sqs.create_queue(QueueName=wish.queue, Attributes=attributes)
        yield f"+ queue {wish.queue}"


def _roles(wish: Wish, aws: Aws) -> Iterator[str]:
    for role, service, policy in (
        (wish.start_role, "scheduler.amazonaws.com", may_start(wish)),
        (wish.run_role, "ecs-tasks.amazonaws.com", may_run(wish)),
    ):
        trusted = trust(service, wish.account)
        found = unless_gone(lambda role=role: aws.iam.get_role(RoleName=role))  # type: ignore[misc] # bound on purpose
        if found is None:
            aws.iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trusted))
            yield f"+ role {role}"
        elif found["Role"]["AssumeRolePolicyDocument"] != trusted:
            aws.iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trusted))
            yield f"~ role {role}: who may take it"
        held = unless_gone(lambda role=role: aws.iam.get_role_policy(RoleName=role, PolicyName=role))  # type: ignore[misc] # as above
        if held is None or held["PolicyDocument"] != policy:
            aws.iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(policy))
            if found is not None:
                yield f"~ role {role}: what it may do"


def _task(wish: Wish, aws: Aws) -> Iterator[str]:
    wanted = task_definition(wish)
    there = aws.ecs.list_task_definitions(familyPrefix=wish.name)["taskDefinitionArns"]
    if there:
        newest = aws.ecs.describe_task_definition(taskDefinition=wish.name)["taskDefinition"]
        if holds(newest, wanted):
            return
    made = aws.ecs.register_task_definition(**wanted)["taskDefinition"]
    yield f"{'~' if there else '+'} task definition {wish.name}:{made['revision']}"


def _schedule(wish: Wish, aws: Aws) -> Iterator[str]:
    wanted = schedule(wish)
    held = unless_gone(lambda: aws.scheduler.get_schedule(Name=wish.name))
    if held is None:
        aws.once_roles_are_known(lambda: aws.scheduler.create_schedule(**wanted))
        yield f"+ schedule {wish.name}: {wish.every}"
    elif not holds(held, wanted):
        aws.once_roles_are_known(lambda: aws.scheduler.update_schedule(**wanted))
        yield f"~ schedule {wish.name}: {wish.every}"


def _queue_url(wish: Wish, aws: Aws) -> str:
    return str(aws.sqs.get_queue_url(QueueName=wish.queue)["QueueUrl"])


def _delete_role(role: str, aws: Aws) -> Document:
    unless_gone(lambda: aws.iam.delete_role_policy(RoleName=role, PolicyName=role))
    return dict(aws.iam.delete_role(RoleName=role))
