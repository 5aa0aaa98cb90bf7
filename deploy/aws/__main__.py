"""
A health check on AWS: EventBridge Scheduler starts a Fargate task every so often.

    python -m deploy.aws up --cluster ops --subnet subnet-0a1b --security-group sg-0c2d \\
        --image 123456789012.dkr.ecr.eu-central-1.amazonaws.com/liveavatar-ops:0.1.0 \\
        --api-key-secret arn:aws:secretsmanager:eu-central-1:123456789012:secret:liveavatar/api-key-AbCdEf \\
        --alarm-topic arn:aws:sns:eu-central-1:123456789012:on-call
    python -m deploy.aws down

Run it again after a change: it does what is missing and nothing else. Cluster, network, image, AWS secret
and topic are there already. Credentials and region are found as the AWS tools find them.
"""

import argparse
import re
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from deploy.aws.client import Aws
from deploy.aws.documents import Wish
from deploy.aws.schedule import down, up

NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")
EVERY = re.compile(r"(rate|cron)\([^()]+\)")
SECRET = re.compile(r"arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+")
TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+")


def parser() -> argparse.ArgumentParser:
    """What may be typed."""
    top = argparse.ArgumentParser(
        prog="python -m deploy.aws", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = top.add_subparsers(dest="verb", required=True)
    for verb, told in (("up", "make or mend everything"), ("down", "take everything away")):
        sub = verbs.add_parser(verb, help=told)
        sub.add_argument("--name", default="liveavatar-health")
        sub.add_argument("--region", help="default: as the AWS tools find it")
    made = verbs.choices["up"]
    made.add_argument("--cluster", required=True, help="name or ARN of the ECS cluster")
    made.add_argument("--subnet", action="append", required=True)
    made.add_argument("--security-group", action="append", required=True)
    made.add_argument("--image", required=True, help="see deploy/image/Dockerfile")
    made.add_argument(
        "--api-key-secret", required=True, metavar="ARN", help="AWS secret with the LiveAvatar key"
    )
    made.add_argument(
        "--alarm-topic",
        default=Wish.alarm_topic,
        metavar="ARN",
        help="SNS topic that is told of every failed check; without it nobody is woken",
    )
    made.add_argument("--every", default=Wish.every, help="rate(…) or cron(…), UTC; default %(default)s")
    made.add_argument("--within-minutes", type=int, default=Wish.within_minutes, help="window for the start")
    made.add_argument("--public-ip", action="store_true", help="for public subnets without a NAT gateway")
    return top


def problems(asked: argparse.Namespace) -> list[str]:
    """What is not right, all of it at once."""
    found = []
    if not NAME.fullmatch(asked.name):
        found.append("--name: must be lower-case letters, digits and hyphens, at most 41")
    if asked.verb == "up":
        if not SECRET.fullmatch(asked.api_key_secret):
            found.append("--api-key-secret: must be the ARN of an AWS secret (never the key itself)")
        if asked.alarm_topic and not TOPIC.fullmatch(asked.alarm_topic):
            found.append("--alarm-topic: must be the ARN of an SNS topic")
        if not EVERY.fullmatch(asked.every):
            found.append("--every: must be rate(10 minutes) or cron(0/10 * * * ? *)")
        if not 1 <= asked.within_minutes <= 1440:
            found.append("--within-minutes: must be 1 to 1440")
    return found


def main(arguments: list[str] | None = None, *, endpoint_url: str | None = None) -> int:
    """Exit codes: 0 done, 1 AWS refused, 2 usage. `endpoint_url` is a seam for tests."""
    top = parser()
    asked = top.parse_args(arguments)
    if found := problems(asked):
        top.error("; ".join(found))
    try:
        session = boto3.Session(region_name=asked.region)
        if session.region_name is None:
            top.error("no region: give --region, or export AWS_REGION")
        aws = Aws(session.region_name, session=session, endpoint_url=endpoint_url)
        wish = wish_of(asked, session.region_name, aws.sts.get_caller_identity()["Arn"])
        changes = 0
        for line in up(wish, aws) if asked.verb == "up" else down(wish, aws):
            print(line, flush=True)  # noqa: T201 - the answer
            changes += 1
    except (ClientError, BotoCoreError) as why:
        sys.stderr.write(f"{why}\nMend that and run the same command again: it goes on where it stopped.\n")
        return 1
    print(f"{changes} change{'s' if changes > 1 else ''}." if changes else "Nothing to change.")  # noqa: T201 - the answer
    return 0


def wish_of(asked: argparse.Namespace, region: str, caller: str) -> Wish:
    """The wish behind a command line; account and partition are the caller's."""
    _, partition, _, _, account, _ = caller.split(":", 5)
    given = vars(asked)
    return Wish(
        name=asked.name,
        region=region,
        account=account,
        partition=partition,
        cluster=given.get("cluster", ""),
        subnets=tuple(given.get("subnet", ())),
        security_groups=tuple(given.get("security_group", ())),
        image=given.get("image", ""),
        api_key_secret=given.get("api_key_secret", ""),
        every=given.get("every", Wish.every),
        within_minutes=given.get("within_minutes", Wish.within_minutes),
        alarm_topic=given.get("alarm_topic", ""),
        public_ip=given.get("public_ip", False),
    )


if __name__ == "__main__":
    sys.exit(main())
