"""
Wakes somebody: a rule that tells an SNS topic of every check that failed, and the topic's leave for it.

Told are `1` (unhealthy), `2` (the command is wrong) and a task that never began; `3` (inconclusive) is not.
"""

import json
from collections.abc import Iterable, Iterator

from deploy.aws.client import Aws, unless_gone
from deploy.aws.documents import Document, Wish

TARGET = "alarm"


def pattern(wish: Wish) -> Document:
    """Which of the account's events mean that somebody has to look."""
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [wish.cluster_arn],
            "taskDefinitionArn": [{"prefix": wish.arn("ecs", f"task-definition/{wish.name}:")}],
            "lastStatus": ["STOPPED"],
            "$or": [{"containers": {"exitCode": [1, 2]}}, {"stopCode": ["TaskFailedToStart"]}],
        },
    }


def target(wish: Wish) -> Document:
    """The topic, and the words it gets."""
    words = (
        f"{wish.name}: a health check failed: <why>. Exit code 1: unhealthy, 2: its command is not right, "
        f"none: it could not be started. The log group {wish.log_group} says more; task <task>"
    )
    return {
        "Id": TARGET,
        "Arn": wish.alarm_topic,
        "InputTransformer": {
            "InputPathsMap": {"why": "$.detail.stoppedReason", "task": "$.detail.taskArn"},
            "InputTemplate": json.dumps(words),
        },
    }


def leave(wish: Wish) -> Document:
    """What the topic has to allow. Without a condition: EventBridge does not promise to fulfil one here."""
    return {
        "Sid": wish.alarm,
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": wish.alarm_topic,
    }


def up(wish: Wish, aws: Aws) -> Iterator[str]:
    """Make or mend the rule; without a topic nothing is touched."""
    if not wish.alarm_topic:
        return
    if _allow(aws, wish, wish.alarm_topic, leave(wish)):
        yield f"~ topic {wish.alarm_topic}: may be told by {wish.alarm}"
    wanted, held = pattern(wish), unless_gone(lambda: aws.events.describe_rule(Name=wish.alarm))
    right = held is not None and json.loads(held["EventPattern"]) == wanted and held["State"] == "ENABLED"
    if not right:
        aws.events.put_rule(Name=wish.alarm, EventPattern=json.dumps(wanted), State="ENABLED")
        yield f"{'+' if held is None else '~'} rule {wish.alarm}"
    told = _told(wish, aws)
    ours = [one for one in told if one["Id"] == TARGET]
    if ours != [target(wish)]:
        aws.events.put_targets(Rule=wish.alarm, Targets=[target(wish)])
        if right:
            yield f"~ rule {wish.alarm}: whom it tells"
    _forbid(aws, wish, {one["Arn"] for one in ours} - {wish.alarm_topic})


def down(wish: Wish, aws: Aws) -> Document:
    """Take the rule away, and the topic's leave; the topic is the user's. ClientError if the rule is gone."""
    told = _told(wish, aws)
    _forbid(aws, wish, {one["Arn"] for one in told if one["Id"] == TARGET})
    if told:
        aws.events.remove_targets(Rule=wish.alarm, Ids=[one["Id"] for one in told])
    return dict(aws.events.delete_rule(Name=wish.alarm))


def _told(wish: Wish, aws: Aws) -> list[Document]:
    return list(aws.events.list_targets_by_rule(Rule=wish.alarm)["Targets"])


def _forbid(aws: Aws, wish: Wish, topics: Iterable[str]) -> None:
    for topic in topics:
        unless_gone(lambda topic=topic: _allow(aws, wish, topic))  # type: ignore[misc] # bound on purpose


def _allow(aws: Aws, wish: Wish, topic: str, *ours: Document) -> bool:
    """Set our part of what the topic allows and leave everybody else's; whether that was a change."""
    policy = json.loads(aws.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    statements = [one for one in policy["Statement"] if one.get("Sid") != wish.alarm] + list(ours)
    if statements == policy["Statement"]:
        return False
    changed = json.dumps({**policy, "Statement": statements})
    aws.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=changed)
    return True
