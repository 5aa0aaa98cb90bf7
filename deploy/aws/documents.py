"""What AWS is told, as data: roles and their policies, the task, the schedule. No call is made here."""

from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

RETRY_WITHIN_S = 300
"""How long EventBridge Scheduler goes on trying to start a task: later, the next one is due."""
RETRIES = 2
CPU, MEMORY_MB = "1024", "2048"
"""
One core: watching 720p H.264 uses a quarter of it, but its start needs a whole one for a moment, and a check
that is throttled can only call a sick avatar inconclusive. Fargate gives one core no less than 2048.
"""
KEEP_LOGS_DAYS = 30
STOP_WITHIN_S = 60
"""Time to stop the session when the task is ended from outside."""


@dataclass(frozen=True)
class Wish:
    """What a user decides. `api_key_secret` is the ARN of the AWS secret that holds the API key."""

    name: str
    region: str
    account: str
    cluster: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    image: str
    api_key_secret: str
    every: str = "rate(10 minutes)"
    within_minutes: int = 2
    public_ip: bool = False
    alarm_topic: str = ""
    """ARN of the SNS topic that hears of failed checks; empty: nobody is woken."""
    partition: str = "aws"
    command: tuple[str, ...] = (
        "health",
        "check",
        "--template-file",
        "/etc/liveavatar/front-desk.yaml",
        "--max-credits",
        "2",
    )
    """Arguments of `liveavatar-ops`, which is the image's entry point."""

    def arn(self, service: str, rest: str, *, global_service: bool = False) -> str:
        """The ARN of something of ours."""
        region = "" if global_service else self.region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{rest}"

    @property
    def log_group(self) -> str:
        return f"/liveavatar/{self.name}"

    @property
    def queue(self) -> str:
        return f"{self.name}-not-started"

    @property
    def alarm(self) -> str:
        return f"{self.name}-failed"

    @property
    def start_role(self) -> str:
        return f"{self.name}-start"

    @property
    def run_role(self) -> str:
        return f"{self.name}-run"

    @property
    def cluster_arn(self) -> str:
        return self.cluster if self.cluster.startswith("arn:") else self.arn("ecs", f"cluster/{self.cluster}")


def trust(service: str, account: str) -> Document:
    """Who may take a role: one AWS service, on behalf of this account only."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def may_start(wish: Wish) -> Document:
    """What the schedule may do: start this task, hand it its role, and lay down what it could not start."""
    run_role = wish.arn("iam", f"role/{wish.run_role}", global_service=True)
    task = wish.arn("ecs", f"task-definition/{wish.name}")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "ecs:RunTask",
                # The schedule names no revision. ECS held the policy against that bare name; AWS says that
                # since 2024 it is held against the revision that ECS picks. Neither entry matches both.
                "Resource": [task, f"{task}:*"],
                "Condition": {"ArnEquals": {"ecs:cluster": wish.cluster_arn}},
            },
            {
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": run_role,
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            },
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": wish.arn("sqs", wish.queue)},
        ],
    }


def may_run(wish: Wish) -> Document:
    """What ECS may do before the task begins: read the one AWS secret, pull the image, write the log."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": wish.api_key_secret},
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": wish.arn("logs", f"log-group:{wish.log_group}:*"),
            },
            {
                "Effect": "Allow",
                "Action": [
                    "ecr:GetAuthorizationToken",
                    "ecr:BatchGetImage",
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:GetDownloadUrlForLayer",
                ],
                "Resource": "*",
            },
        ],
    }


def task_definition(wish: Wish) -> Document:
    """
    The task. The key comes as a reference that ECS resolves: its value is in no document and no call of ours.

    The task itself gets no AWS role: a check needs nothing of AWS.
    """
    container = {
        "name": "check",
        "image": wish.image,
        "essential": True,
        "memory": int(MEMORY_MB),
        "command": list(wish.command),
        "secrets": [{"name": "LIVEAVATAR_API_KEY", "valueFrom": wish.api_key_secret}],
        "stopTimeout": STOP_WITHIN_S,
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": wish.log_group,
                "awslogs-region": wish.region,
                "awslogs-stream-prefix": "check",
            },
        },
    }
    return {
        "family": wish.name,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": CPU,
        "memory": MEMORY_MB,
        "executionRoleArn": wish.arn("iam", f"role/{wish.run_role}", global_service=True),
        "containerDefinitions": [container],
    }


def schedule(wish: Wish) -> Document:
    """
    The schedule. Started within a window and not on the minute: many at once would find the account full.

    The task's revision is left out, so that ECS takes the newest.
    """
    network = {
        "Subnets": list(wish.subnets),
        "SecurityGroups": list(wish.security_groups),
        "AssignPublicIp": "ENABLED" if wish.public_ip else "DISABLED",
    }
    return {
        "Name": wish.name,
        "Description": "Proves that a viewer sees a living avatar (liveavatar-ops health check)",
        "ScheduleExpression": wish.every,
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": wish.within_minutes},
        "Target": {
            "Arn": wish.cluster_arn,
            "RoleArn": wish.arn("iam", f"role/{wish.start_role}", global_service=True),
            "RetryPolicy": {"MaximumRetryAttempts": RETRIES, "MaximumEventAgeInSeconds": RETRY_WITHIN_S},
            "DeadLetterConfig": {"Arn": wish.arn("sqs", wish.queue)},
            "EcsParameters": {
                "TaskDefinitionArn": wish.arn("ecs", f"task-definition/{wish.name}"),
                "TaskCount": 1,
                "LaunchType": "FARGATE",
                "NetworkConfiguration": {"awsvpcConfiguration": network},
            },
        },
    }
