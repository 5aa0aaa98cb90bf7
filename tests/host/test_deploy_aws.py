"""EventBridge Scheduler and Fargate, declared against an AWS on this machine (moto, over HTTP)."""

import json
from typing import Any

import boto3
import pytest
from deploy.aws.__main__ import main
from deploy.aws.client import Aws

from tests.support.aws_here import KEY_SECRET, UP, said

KINDS = ["log group", "queue", "role", "role", "task definition", "schedule"]


def test_up_declares_everything_and_a_second_up_changes_nothing(
    url: str, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first run names each thing it made, the second says that there is nothing to do."""
    assert main(UP, endpoint_url=url) == 0
    first = said(capsys)
    assert main(UP, endpoint_url=url) == 0
    second = said(capsys)

    assert [next(kind for kind in KINDS if line.startswith(f"+ {kind}")) for line in first[:-1]] == KINDS
    assert second == ["Nothing to change."]
    assert len(aws.ecs.list_task_definitions()["taskDefinitionArns"]) == 1


def test_the_schedule_has_a_window_retries_and_a_place_for_what_failed(url: str, aws: Aws) -> None:
    """Started within two minutes, tried again twice, and laid down in a queue that exists."""
    main(UP, endpoint_url=url)

    held = aws.scheduler.get_schedule(Name="liveavatar-health")
    target = held["Target"]
    queue = aws.sqs.get_queue_url(QueueName="liveavatar-health-not-started")["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert held["ScheduleExpression"] == "rate(10 minutes)"
    assert held["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 2}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300}
    assert target["DeadLetterConfig"] == {"Arn": arn}
    assert target["EcsParameters"]["LaunchType"] == "FARGATE"
    assert target["EcsParameters"]["NetworkConfiguration"]["awsvpcConfiguration"]["Subnets"] == [
        "subnet-1",
        "subnet-2",
    ]


def test_the_schedules_role_fits_its_target(url: str, aws: Aws) -> None:
    """What the schedule names, its role may start; the role it hands on is the one that the task names."""
    main(UP, endpoint_url=url)

    target = aws.scheduler.get_schedule(Name="liveavatar-health")["Target"]
    role = aws.iam.get_role(RoleName="liveavatar-health-start")["Role"]
    policy = aws.iam.get_role_policy(RoleName=role["RoleName"], PolicyName=role["RoleName"])["PolicyDocument"]
    run, hand_on, lay_down = policy["Statement"]
    task = aws.ecs.describe_task_definition(taskDefinition="liveavatar-health")["taskDefinition"]
    assert target["RoleArn"] == role["Arn"]
    named = target["EcsParameters"]["TaskDefinitionArn"]
    assert named.endswith(":task-definition/liveavatar-health"), "no revision: ECS takes the newest"
    assert run["Resource"] == [named, f"{named}:*"]
    assert run["Condition"] == {"ArnEquals": {"ecs:cluster": target["Arn"]}}
    assert hand_on["Resource"] == task["executionRoleArn"]
    assert lay_down["Resource"] == target["DeadLetterConfig"]["Arn"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "scheduler.amazonaws.com"
    }


def test_the_task_can_be_run_and_holds_the_key_by_name_only(url: str, aws: Aws) -> None:
    """ECS takes it as it stands, on the network that the schedule names."""
    main(UP, endpoint_url=url)
    ec2 = boto3.Session().client("ec2", region_name="eu-central-1", endpoint_url=url)
    network = _network(ec2)
    aws.ecs.create_cluster(clusterName="ops")

    ran = aws.ecs.run_task(
        cluster="ops",
        taskDefinition="liveavatar-health",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )

    container = aws.ecs.describe_task_definition(taskDefinition="liveavatar-health")["taskDefinition"][
        "containerDefinitions"
    ][0]
    assert (ran["failures"], len(ran["tasks"])) == ([], 1)
    assert container["secrets"] == [{"name": "LIVEAVATAR_API_KEY", "valueFrom": KEY_SECRET}]
    assert container["command"][:2] == ["health", "check"]
    assert "environment" not in container or not container["environment"]


def _network(ec2: Any) -> dict[str, list[str]]:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="check", Description="check", VpcId=vpc)["GroupId"]
    return {"subnets": [subnet], "securityGroups": [group]}


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        (["--every", "cron(0/5 * * * ? *)"], ["~ schedule liveavatar-health: cron(0/5 * * * ? *)"]),
        (["--image", "registry.example.com/liveavatar-ops:0.2.0"], ["~ task definition liveavatar-health:2"]),
    ],
)
def test_a_change_touches_only_what_it_is_about(
    url: str, capsys: pytest.CaptureFixture[str], more: list[str], changed: list[str]
) -> None:
    """One wish, one line."""
    main(UP, endpoint_url=url)
    said(capsys)

    main([*UP, *more], endpoint_url=url)
    first = said(capsys)
    main([*UP, *more], endpoint_url=url)

    assert first == [*changed, "1 change."]
    assert said(capsys) == ["Nothing to change."]


def test_a_hand_edit_is_undone(url: str, aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    """A role that was widened and a schedule that was switched off in the console."""
    main(UP, endpoint_url=url)
    said(capsys)
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    role = "liveavatar-health-run"
    aws.iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(wide))
    held = aws.scheduler.get_schedule(Name="liveavatar-health")
    edited = {key: held[key] for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    aws.scheduler.update_schedule(**edited, State="DISABLED")

    main(UP, endpoint_url=url)

    assert said(capsys)[:-1] == [
        "~ role liveavatar-health-run: what it may do",
        "~ schedule liveavatar-health: rate(10 minutes)",
    ]
    assert aws.scheduler.get_schedule(Name="liveavatar-health")["State"] == "ENABLED"


def test_down_takes_everything_away_and_may_be_repeated(
    url: str, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is left, and a second time there is nothing to take."""
    main(UP, endpoint_url=url)
    said(capsys)

    assert main(["down"], endpoint_url=url) == 0
    first = said(capsys)
    assert main(["down"], endpoint_url=url) == 0
    second = said(capsys)

    assert len(first) == len(KINDS) + 1
    assert second == ["Nothing to change."]
    assert aws.scheduler.list_schedules()["Schedules"] == []
    assert aws.iam.list_roles()["Roles"] == []
    assert aws.ecs.list_task_definitions()["taskDefinitionArns"] == []
    assert aws.sqs.list_queues().get("QueueUrls", []) == []
    assert aws.logs.describe_log_groups()["logGroups"] == []


def test_an_up_that_was_cut_off_is_finished_by_the_next(
    url: str, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is there is kept, what is missing is made."""
    main(UP, endpoint_url=url)
    aws.scheduler.delete_schedule(Name="liveavatar-health")
    aws.iam.delete_role_policy(RoleName="liveavatar-health-start", PolicyName="liveavatar-health-start")
    said(capsys)

    main(UP, endpoint_url=url)

    assert said(capsys)[:-1] == [
        "~ role liveavatar-health-start: what it may do",
        "+ schedule liveavatar-health: rate(10 minutes)",
    ]


def test_a_wrong_command_line_names_every_mistake(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And a key given in the place of an ARN is not repeated on the screen."""
    wrong = [*UP, "--api-key-secret", "la-the-key-itself", "--every", "10 minutes", "--name", "Check!"]
    wrong += ["--alarm-topic", "on-call"]

    with pytest.raises(SystemExit) as ended:
        main(wrong, endpoint_url=url)

    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert all(option in told for option in ("--name", "--api-key-secret", "--every", "--alarm-topic"))
    assert "la-the-key-itself" not in told
