"""AWS: credentials, region, secrets; no value is read unless asked for, and none is ever shown."""

import datetime

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from liveavatar_ops.doctor import aws
from liveavatar_ops.doctor.engine import AwsNames
from liveavatar_ops.doctor.finding import Finding, State
from liveavatar_ops.doctor.rounds import examine
from pulumi_liveavatar.settings import AwsSettings
from tests.unit.doctor.fakes import FakeAws, aws_says

NAME = "prod/liveavatar/openai"
THERE = {NAME: {"ARN": "arn", "Name": NAME}}


def look(
    account: FakeAws,
    given: tuple[str, ...] = (NAME,),
    *,
    of_stack: AwsNames | None = None,
    read: bool = False,
    **settings: object,
) -> dict[str, Finding]:
    values = {"aws_region": "eu-central-1", **settings}
    found = aws.walk(
        given,
        (lambda: of_stack) if of_stack else None,
        read=read,
        load=lambda: AwsSettings.model_validate(values),
        make=lambda _: account,
    )
    return {finding.name: finding for finding in found}


def states(found: dict[str, Finding]) -> tuple[State, ...]:
    return tuple(finding.state for finding in found.values())


def test_an_account_in_order_is_all_right() -> None:
    """Who we are, where, and that the secret may be described."""
    account = FakeAws(THERE)

    found = look(account)

    assert states(found) == (State.OK, State.OK, State.OK)
    assert "arn:aws:iam::123456789012:user/ops" in found["AWS credentials"].sentence


def test_no_value_is_read_unless_asked_for() -> None:
    """GetSecretValue is in nobody's log because of doctor."""
    account = FakeAws(THERE)

    look(account)
    assert not [asked for asked in account.asked if asked.startswith("read")]

    look(account, read=True)
    assert [asked for asked in account.asked if asked.startswith("read")] == [f"read {NAME}"]


def test_where_no_secret_is_named_aws_is_left_alone() -> None:
    """Somebody without an AWS account sees three reasons and no alarm."""
    account = FakeAws()

    assert states(look(account, given=())) == (State.SKIPPED,) * 3
    assert account.asked == []


@pytest.mark.parametrize(
    ("account", "sentence", "cure"),
    [
        (FakeAws({}), f"{NAME} is not in eu-central-1", "list-secrets --region eu-central-1"),
        (
            FakeAws({NAME: aws_says("AccessDeniedException")}),
            "secretsmanager:DescribeSecret is not allowed",
            "Allow secretsmanager:DescribeSecret",
        ),
        (
            FakeAws({NAME: {"DeletedDate": datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)}}),
            "about to be deleted",
            f"aws secretsmanager restore-secret --region eu-central-1 --secret-id {NAME}",
        ),
        (
            FakeAws({NAME: aws_says("ExpiredTokenException")}),
            "does not accept the credentials",
            "aws sso login",
        ),
        (
            FakeAws({NAME: aws_says("InternalServiceError")}),
            "AWS answered InternalServiceError",
            "Look the code",
        ),
        (
            FakeAws({NAME: EndpointConnectionError(endpoint_url="https://x")}),
            "cannot be asked for (EndpointConnectionError)",
            "allow HTTPS to secretsmanager.eu-central-1.amazonaws.com",
        ),
    ],
)
def test_each_trouble_with_a_secret_has_its_cure(account: FakeAws, sentence: str, cure: str) -> None:
    """AWS's code decides; AWS's message is not passed on, as it may quote what was sent."""
    found = look(account)["AWS secrets"]

    assert found.state is State.BROKEN
    assert sentence in found.sentence
    assert cure in found.fix
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("readable", "sentence"),
    [
        (False, "is empty"),
        (aws_says("AccessDeniedException", "GetSecretValue"), "GetSecretValue is not allowed"),
    ],
)
def test_reading_fails_under_its_own_name(readable: bool | Exception, sentence: str) -> None:
    """To describe and to read are two permissions."""
    found = look(FakeAws(THERE, readable=readable), read=True)["AWS secrets"]

    assert sentence in found.sentence


def test_all_secrets_that_are_wrong_are_named_at_once() -> None:
    """The one of the flag and the one of the stack's config."""
    found = look(FakeAws({}), given=("one",), of_stack=AwsNames(("one", "two")))["AWS secrets"]

    assert found.sentence == "one is not in eu-central-1; two is not in eu-central-1"


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (FakeAws(THERE, method=None), "none found"),
        (FakeAws(THERE, caller_error=aws_says("ExpiredToken")), "does not accept them (ExpiredToken)"),
        (FakeAws(THERE, caller_error=NoCredentialsError()), "cannot be tried"),
    ],
)
def test_without_credentials_no_secret_is_asked_for(account: FakeAws, words: str) -> None:
    """One cause, one broken line."""
    found = look(account)

    assert words in found["AWS credentials"].sentence
    assert found["AWS secrets"].state is State.SKIPPED
    assert not [asked for asked in account.asked if asked.startswith("describe")]


@pytest.mark.parametrize(
    ("named", "sentence", "cure"),
    [
        ({"AWS_PROFILE": "nobody"}, "AWS_PROFILE names no profile", "Correct AWS_PROFILE, or unset it"),
        ({"AWS_CONFIG_FILE": __file__}, "configuration cannot be read", "~/.aws/config"),
        ({"AWS_ENDPOINT_URL_STS": "http://hunter2:99999"}, "an AWS_… variable", "AWS_ENDPOINT_URL"),
        ({"AWS_CREDENTIAL_EXPIRATION": "hunter2"}, "an AWS_… variable", "unset them"),
    ],
)
def test_what_aws_library_cannot_use_is_one_broken_line(
    named: dict[str, str], sentence: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the library itself, which raises before it sends; doctor does not fail, and quotes no value."""
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", **named}.items():
        monkeypatch.setenv(name, value)
    settings = AwsSettings.model_validate({"aws_region": "eu-central-1"})

    found = examine(aws.checks((NAME,), None, read=False, load=lambda: settings))[0].findings

    assert [finding.state for finding in found][::2] == [State.BROKEN, State.SKIPPED]
    assert sentence in found[0].sentence
    assert cure in found[0].fix
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AccessDeniedException", "GetSecretValue is not allowed"),
        ("DecryptionFailure", "could not decrypt it"),
    ],
)
def test_a_key_that_may_not_be_used_is_thought_of(code: str, sentence: str) -> None:
    """AWS says AccessDenied of the secret and of its KMS key alike."""
    found = look(FakeAws(THERE, readable=aws_says(code, "GetSecretValue")), read=True)["AWS secrets"]

    assert sentence in found.sentence
    assert "kms:Decrypt" in found.fix


def test_credentials_of_an_emulated_service_are_not_shown_to_amazon() -> None:
    """With an endpoint of one's own nobody is asked whose they are."""
    account = FakeAws(THERE)

    found = look(account, aws_endpoint_url="http://127.0.0.1:4711")

    assert "caller" not in account.asked
    assert "for http://127.0.0.1:4711" in found["AWS credentials"].sentence


def test_the_region_comes_from_the_stack_where_the_environment_has_none() -> None:
    """Environment first, stack second, as everywhere."""
    account = FakeAws(THERE)

    look(account, of_stack=AwsNames((), "us-west-2"), aws_region=None)
    assert f"describe {NAME} in us-west-2" in account.asked

    found = look(account, aws_region=None)
    assert found["AWS region"].state is State.BROKEN
    assert found["AWS secrets"].state is State.SKIPPED


@pytest.mark.parametrize("kind", [
    EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, SSLError, ReadTimeoutError,
])  # fmt: skip
def test_an_aws_that_cannot_be_reached_is_no_matter_of_signing_in(kind: type[BotoCoreError]) -> None:
    """The way there is at fault, and a proxy's address may hold a password."""
    sentence, cure = aws._unusable(kind(endpoint_url="https://x", proxy_url="http://me:hunter2@p", error="e"))

    assert "cannot be reached" in sentence
    assert "HTTPS_PROXY" in cure
    assert "hunter2" not in sentence + cure
