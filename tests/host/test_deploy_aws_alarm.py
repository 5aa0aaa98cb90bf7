"""Who is told of a failed check: a rule and a topic, declared against an AWS on this machine (moto)."""

import json
from typing import Any

import pytest
from deploy.aws.__main__ import main
from deploy.aws.client import Aws

from tests.support.aws_here import UP, said


@pytest.fixture
def topic(aws: Aws) -> str:
    """The user's own topic, with a part of its policy that is not ours."""
    return str(aws.sns.create_topic(Name="on-call")["TopicArn"])


def allowed(aws: Aws, topic: str) -> list[dict[str, Any]]:
    policy = json.loads(aws.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    return list(policy["Statement"])


def test_a_failed_check_tells_the_topic(url: str, aws: Aws, topic: str, capsys: Any) -> None:
    """A rule on the tasks of this schedule that ended with 1 or 2 or never began; the topic lets it speak."""
    before = allowed(aws, topic)
    assert main([*UP, "--alarm-topic", topic], endpoint_url=url) == 0
    first = said(capsys)
    assert main([*UP, "--alarm-topic", topic], endpoint_url=url) == 0
    second = said(capsys)

    rule = aws.events.describe_rule(Name="liveavatar-health-failed")
    [told] = aws.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    detail = json.loads(rule["EventPattern"])["detail"]
    schedule = aws.scheduler.get_schedule(Name="liveavatar-health")["Target"]
    task = aws.ecs.describe_task_definition(taskDefinition="liveavatar-health")["taskDefinition"]
    assert rule["State"] == "ENABLED"
    assert told["Arn"] == topic
    assert detail["clusterArn"] == [schedule["Arn"]]
    assert task["taskDefinitionArn"].startswith(detail["taskDefinitionArn"][0]["prefix"])
    assert detail["lastStatus"] == ["STOPPED"]
    assert {"containers": {"exitCode": [1, 2]}} in detail["$or"]
    assert [one["Principal"] for one in allowed(aws, topic) if one not in before] == [
        {"Service": "events.amazonaws.com"}
    ]
    assert "+ rule liveavatar-health-failed" in first
    assert second == ["Nothing to change."]


def test_another_topic_takes_the_place_of_the_first(url: str, aws: Aws, topic: str, capsys: Any) -> None:
    """The first one is left as it was found."""
    before, other = allowed(aws, topic), str(aws.sns.create_topic(Name="elsewhere")["TopicArn"])
    main([*UP, "--alarm-topic", topic], endpoint_url=url)
    said(capsys)

    main([*UP, "--alarm-topic", other], endpoint_url=url)

    [told] = aws.events.list_targets_by_rule(Rule="liveavatar-health-failed")["Targets"]
    assert told["Arn"] == other
    assert allowed(aws, topic) == before
    assert "~ rule liveavatar-health-failed: whom it tells" in said(capsys)


def test_down_takes_the_alarm_away_and_leaves_the_topic(url: str, aws: Aws, topic: str, capsys: Any) -> None:
    """As it was before the first `up`."""
    before = allowed(aws, topic)
    main([*UP, "--alarm-topic", topic], endpoint_url=url)
    said(capsys)

    assert main(["down"], endpoint_url=url) == 0

    assert "- rule liveavatar-health-failed" in said(capsys)
    assert aws.events.list_rules()["Rules"] == []
    assert allowed(aws, topic) == before


def test_a_topic_that_is_not_there_is_told_before_there_is_a_schedule(
    url: str, aws: Aws, capsys: Any
) -> None:
    """Else checks would run and nobody would hear of them."""
    gone = "arn:aws:sns:eu-central-1:123456789012:gone"

    assert main([*UP, "--alarm-topic", gone], endpoint_url=url) == 1

    assert "NotFound" in capsys.readouterr().err
    assert aws.scheduler.list_schedules()["Schedules"] == []


def test_what_a_user_put_on_our_rule_is_left_alone(url: str, aws: Aws, topic: str, capsys: Any) -> None:
    """Only what we put there is compared, and only a topic has a policy."""
    main([*UP, "--alarm-topic", topic], endpoint_url=url)
    rule = "liveavatar-health-failed"
    theirs = {"Id": "theirs", "Arn": "arn:aws:lambda:eu-central-1:123456789012:function:page"}
    aws.events.put_targets(Rule=rule, Targets=[theirs])
    said(capsys)

    assert main([*UP, "--alarm-topic", topic], endpoint_url=url) == 0
    assert said(capsys) == ["Nothing to change."]
    assert theirs in aws.events.list_targets_by_rule(Rule=rule)["Targets"]
    assert main(["down"], endpoint_url=url) == 0
