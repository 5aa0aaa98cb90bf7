"""
AWS from here: credentials, region, and whether each AWS secret may be described.

A value is read only when asked for (`--read-aws-secret`), and then only to say that it can be read.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    HTTPClientError,
    ProfileNotFound,
)
from botocore.exceptions import ConnectionError as NoConnection

from liveavatar_ops.doctor.engine import AwsNames
from liveavatar_ops.doctor.finding import Check, Finding, broken, ok, skipped
from pulumi_liveavatar import aws_errors
from pulumi_liveavatar.settings import AwsSettings, SettingsError, load_aws_settings

GROUP = "AWS"
CREDENTIALS, REGION, SECRET = "AWS credentials", "AWS region", "AWS secrets"
SIGN_IN = "Sign in (`aws sso login`), or export AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
NEEDLESS = "no AWS secret is named (--aws-secret, --stack)"
ACCOUNT_TROUBLE = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
)


class Aws(Protocol):
    """The seam: what doctor asks AWS. Raises ClientError, BotoCoreError, or ValueError for a bad variable."""

    def credentials(self) -> str | None:
        """How credentials were found (`env`, `sso`, `iam-role` …), or None."""

    def caller(self) -> str:
        """Who they belong to, as ARN."""

    def describe(self, secret: str, region: str) -> dict[str, Any]:
        """DescribeSecret."""

    def read(self, secret: str, region: str) -> bool:
        """GetSecretValue by stage; whether there is anything in it. The value goes nowhere."""


class Boto:
    """AWS itself, by boto3's own chain of credentials. One try, short time limits."""

    def __init__(self, endpoint_url: str | None) -> None:
        self._session = boto3.Session()
        self._endpoint_url = endpoint_url
        self._config = Config(
            connect_timeout=5, read_timeout=8, retries={"total_max_attempts": 1, "mode": "standard"}
        )

    def credentials(self) -> str | None:
        found = self._session.get_credentials()
        return str(found.method) if found else None

    def caller(self) -> str:
        sts: Any = self._session.client("sts", region_name="us-east-1", config=self._config)
        return str(sts.get_caller_identity()["Arn"])

    def describe(self, secret: str, region: str) -> dict[str, Any]:
        return dict(self._manager(region).describe_secret(SecretId=secret))

    def read(self, secret: str, region: str) -> bool:
        # By stage, as the provider does it: without one, an emulated service may answer with an old version.
        held = self._manager(region).get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")
        return bool(held.get("SecretString") or held.get("SecretBinary"))

    def _manager(self, region: str) -> Any:
        return self._session.client(
            "secretsmanager", region_name=region, endpoint_url=self._endpoint_url, config=self._config
        )


def checks(
    given: Sequence[str],
    names_of_stack: Callable[[], AwsNames] | None,
    *,
    read: bool,
    load: Callable[[], AwsSettings] = load_aws_settings,
    make: Callable[[str | None], Aws] = Boto,
) -> list[Check]:
    """The checks of this group, one after the other: each needs the one before."""
    look = lambda: walk(given, names_of_stack, read=read, load=load, make=make)  # noqa: E731 - a closure
    return [Check(GROUP, (CREDENTIALS, REGION, SECRET), look, within_s=35.0)]


def walk(
    given: Sequence[str],
    names_of_stack: Callable[[], AwsNames] | None,
    *,
    read: bool,
    load: Callable[[], AwsSettings],
    make: Callable[[str | None], Aws],
) -> Iterator[Finding]:
    """Credentials, region, secrets."""
    names = names_of_stack() if names_of_stack else AwsNames()
    secrets = tuple(dict.fromkeys((*given, *names.secrets)))
    if not secrets:
        why = names.problem or NEEDLESS
        yield from (skipped(name, why) for name in (CREDENTIALS, REGION, SECRET))
        return
    try:
        settings = load()
    except SettingsError as problem:
        yield broken(CREDENTIALS, "; ".join(problem.problems), "Correct the variable that the line names")
        yield from (skipped(name, "the settings cannot be read") for name in (REGION, SECRET))
        return
    try:
        aws = make(settings.aws_endpoint_url)
    except (BotoCoreError, ValueError) as why:
        yield broken(CREDENTIALS, *_unusable(why))
        yield from (skipped(name, f"{CREDENTIALS} failed") for name in (REGION, SECRET))
        return
    credentials = check_credentials(CREDENTIALS, aws, own_endpoint=settings.aws_endpoint_url)
    yield credentials
    region = settings.aws_region or names.region
    yield check_region(REGION, region)
    if credentials.fix or region is None:
        yield skipped(SECRET, f"{CREDENTIALS if credentials.fix else REGION} failed")
        return
    yield check_secrets(SECRET, secrets, region, aws, read=read)


def check_credentials(name: str, aws: Aws, *, own_endpoint: str | None) -> Finding:
    """
    Found, and whose they are.

    With another endpoint than Amazon's nobody is asked whose: the credentials of an emulated service
    have no business at Amazon.
    """
    try:
        method = aws.credentials()
        if method is None:
            return broken(name, "none found", SIGN_IN)
        if own_endpoint:
            return ok(name, f"found ({method}), for {own_endpoint}")
        return ok(name, f"{aws.caller()} ({method})")
    except ClientError as why:
        return broken(name, f"AWS does not accept them ({code_of(why)})", SIGN_IN)
    except (BotoCoreError, ValueError) as why:
        return broken(name, *_unusable(why))


def _unusable(why: Exception) -> tuple[str, str]:
    """Why nobody could be asked, and the cure. What AWS's library says is left out: it quotes values."""
    match why:
        case ProfileNotFound():
            cure = "Correct AWS_PROFILE, or unset it; `aws configure list-profiles` shows which there are"
            return "AWS_PROFILE names no profile of ~/.aws/config", cure
        case ConfigParseError() | ConfigNotFound():
            cure = "Correct ~/.aws/config and ~/.aws/credentials; `aws configure list` names the bad line"
            return "AWS's own configuration cannot be read", cure
        case HTTPClientError() | NoConnection():
            cure = "Allow HTTPS to *.amazonaws.com, and look at HTTPS_PROXY and AWS_CA_BUNDLE if they are set"
            return f"AWS cannot be reached ({type(why).__name__})", cure
        case BotoCoreError():
            return f"cannot be tried ({type(why).__name__})", SIGN_IN
        case _:
            cure = "Correct or unset them: each AWS_ENDPOINT_URL… is an address such as https://host:port"
            return f"an AWS_… variable cannot be used ({type(why).__name__})", cure


def check_region(name: str, region: str | None) -> Finding:
    """Where the AWS secrets are."""
    if region is None:
        cure = "Export AWS_REGION, or run `pulumi config set liveavatar:awsRegion eu-central-1`"
        return broken(name, "none is set", cure)
    return ok(name, region)


def check_secrets(name: str, secrets: Sequence[str], region: str, aws: Aws, *, read: bool) -> Finding:
    """Every AWS secret; all that is wrong at once, and the cure of the first."""
    wrong = [found for secret in secrets if (found := _trouble(secret, region, aws, read=read))]
    if wrong:
        return broken(name, "; ".join(sentence for sentence, _ in wrong), wrong[0][1])
    what = "may be read" if read else "may be described"
    return ok(name, f"{', '.join(secrets)} {what}")


def _trouble(secret: str, region: str, aws: Aws, *, read: bool) -> tuple[str, str] | None:
    doing = "secretsmanager:DescribeSecret"
    try:
        held = aws.describe(secret, region)
        if held.get("DeletedDate"):
            restore = f"aws secretsmanager restore-secret --region {region} --secret-id {secret}"
            return f"{secret} is about to be deleted", f"Run `{restore}`"
        if read:
            doing = "secretsmanager:GetSecretValue"
            if not aws.read(secret, region):
                return f"{secret} is empty", f"Store a value in {secret} (region {region})"
    except ClientError as why:
        return _refused(secret, region, code_of(why), doing)
    except (BotoCoreError, ValueError) as why:
        cure = f"Check region {region} and allow HTTPS to secretsmanager.{region}.amazonaws.com"
        return f"{secret} cannot be asked for ({type(why).__name__})", cure
    return None


def _refused(secret: str, region: str, code: str, doing: str) -> tuple[str, str]:
    if code.startswith("AccessDenied"):
        # AWS's code is the same where the key's policy lacks kms:Decrypt, so the advice names both.
        denied = aws_errors.denied(aws_errors.Place(secret, region), doing.partition(":")[2])
        return f"{secret}: {doing} is not allowed", denied.next_step
    if code.startswith("DecryptionFailure"):
        return (
            f"{secret}: AWS could not decrypt it",
            aws_errors.no_decryption(aws_errors.Place(secret, region)).next_step,
        )
    if code == "ResourceNotFoundException":
        listing = f"aws secretsmanager list-secrets --region {region}"
        return (
            f"{secret} is not in {region}",
            f"Correct the name or the region; `{listing}` shows what is there",
        )
    if code in ACCOUNT_TROUBLE:
        return f"{secret}: AWS does not accept the credentials ({code})", SIGN_IN
    return f"{secret}: AWS answered {code}", "Look the code up in the AWS documentation of Secrets Manager"


def code_of(why: ClientError) -> str:
    """AWS's own code; its message is left out, as it may quote what was sent."""
    return str(why.response.get("Error", {}).get("Code", "an unknown error"))
