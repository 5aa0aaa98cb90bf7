"""The AWS source against a real Secrets Manager endpoint: which version, whose value, each way to fail."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pulumi_liveavatar.aws import AwsSecret, current_version, fetch_value
from pulumi_liveavatar.aws_errors import AwsSecretError
from pulumi_liveavatar.settings import AwsSettings
from tests.contract.world import World

NAME = "contract/source"
VALUE = "sk-aws-source-canary-58c1"


@pytest.fixture
def settings(world: World) -> AwsSettings:
    return world.settings


@pytest.fixture(autouse=True)
def tidy(world: World) -> Iterator[None]:
    """Each test begins and ends without the AWS secret."""
    yield
    listed = world.aws.client.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    for each in listed:
        world.aws.client.delete_secret(SecretId=each["Name"], ForceDeleteWithoutRecovery=True)


def store(world: World, **what: Any) -> str:
    version: str = world.aws.client.create_secret(Name=NAME, **what)["VersionId"]
    return version


def source(version: str, **more: Any) -> AwsSecret:
    return AwsSecret(secret_id=NAME, version_id=version, **more)


def test_the_current_version_is_found_without_reading_the_value(world: World, settings: AwsSettings) -> None:
    """The program learns a version id and a region, from DescribeSecret."""
    version = store(world, SecretString=VALUE)

    assert current_version(NAME, settings=settings) == (version, "eu-central-1")


def test_a_moved_label_is_followed_and_the_default_read_is_not(world: World, settings: AwsSettings) -> None:
    """
    AWSCURRENT moved back to the first version: we follow the label.

    A read without a version, which this endpoint answers with what was written last, is the trap that the
    version id avoids.
    """
    first = store(world, SecretString=VALUE)
    second = world.aws.client.put_secret_value(SecretId=NAME, SecretString="newer")["VersionId"]
    world.aws.client.update_secret_version_stage(
        SecretId=NAME, VersionStage="AWSCURRENT", MoveToVersionId=first, RemoveFromVersionId=second
    )

    version, _ = current_version(NAME, settings=settings)

    assert version == first
    assert fetch_value(source(version), settings=settings).get_secret_value() == VALUE
    assert world.aws.client.get_secret_value(SecretId=NAME)["SecretString"] == "newer", "the trap is there"


def test_a_rotation_makes_the_new_version_current(world: World, settings: AwsSettings) -> None:
    """The old one keeps a label too, and a third may be on its way; neither is the current one."""
    store(world, SecretString=VALUE)
    second = world.aws.client.put_secret_value(SecretId=NAME, SecretString="newer")["VersionId"]
    world.aws.client.put_secret_value(SecretId=NAME, SecretString="next", VersionStages=["AWSPENDING"])

    assert current_version(NAME, settings=settings)[0] == second


def test_an_older_version_is_still_read_by_its_id(world: World, settings: AwsSettings) -> None:
    """The state of a stack may be one rotation behind; its version is what it says."""
    first = store(world, SecretString=VALUE)
    world.aws.client.put_secret_value(SecretId=NAME, SecretString="newer")

    assert fetch_value(source(first), settings=settings).get_secret_value() == VALUE


def test_a_key_of_a_json_secret_is_read_without_outer_blanks(world: World, settings: AwsSettings) -> None:
    """`echo` leaves a line end, which no API key has."""
    version = store(world, SecretString=f'{{"api_key": "{VALUE}\\n"}}')

    got = fetch_value(source(version, json_key="api_key"), settings=settings)

    assert got.get_secret_value() == VALUE


Prepare = Callable[[World], AwsSecret]


def holding(text: str, **more: Any) -> Prepare:
    return lambda world: source(store(world, SecretString=text), **more)


def pending(world: World) -> AwsSecret:
    version = store(world, SecretString=VALUE)
    world.aws.client.delete_secret(SecretId=NAME)
    return source(version)


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        pytest.param(
            lambda world: source("0" * 36), r"There is no such AWS secret in eu-central-1", id="missing"
        ),
        pytest.param(
            lambda world: AwsSecret(**{**holding(VALUE)(world).model_dump(), "version_id": "0" * 36}),
            r"It has no version 0{36} any more",
            id="version gone",
        ),
        pytest.param(
            lambda world: AwsSecret(**{**holding(VALUE)(world).model_dump(), "region": "us-east-1"}),
            r"in us-east-1 was not read\. There is no such AWS secret in us-east-1",
            id="wrong region",
        ),
        pytest.param(pending, r"marked for deletion.*restore-secret", id="pending deletion"),
        pytest.param(
            lambda world: source(store(world, SecretBinary=VALUE.encode())), r"binary data", id="binary"
        ),
        pytest.param(holding(VALUE, json_key="api_key"), r"not a JSON object", id="not JSON"),
        pytest.param(
            holding("[" * 60_000, json_key="api_key"), r"not a JSON object", id="nested without end"
        ),
        pytest.param(holding(f'["{VALUE}"]', json_key="api_key"), r"not a JSON object", id="a JSON list"),
        pytest.param(
            holding(f'{{"apikey": "{VALUE}"}}', json_key="api_key"),
            r"no key 'api_key' \(keys: apikey\).*did you mean 'apikey'\?",
            id="no such key",
        ),
        pytest.param(
            holding(f'{{"api_key": {{"x": "{VALUE}"}}}}', json_key="api_key"),
            r"Key 'api_key' of it is not a text",
            id="not a text",
        ),
        pytest.param(
            holding('{"api_key": " "}', json_key="api_key"), r"Key 'api_key' of it is empty", id="empty key"
        ),
        pytest.param(holding("  "), r"Its value is empty", id="empty value"),
        pytest.param(
            lambda world: AwsSecret(secret_id="arn:aws:s3:::bucket", version_id="0" * 36),
            r"That ARN is not one of an AWS secret",
            id="another service's ARN",
        ),
        pytest.param(
            lambda world: AwsSecret(
                secret_id="arn:aws:secretsmanager:eu-west-1:1:secret:a-b",
                version_id="0" * 36,
                region="eu-west-2",
            ),
            r"Its ARN names eu-west-1",
            id="two regions",
        ),
    ],
)
def test_each_way_to_fail_has_its_sentence(
    world: World, settings: AwsSettings, prepare: Prepare, says: str
) -> None:
    """One line, with the secret's name, what to do next, and no value."""
    wanted = prepare(world)

    with pytest.raises(AwsSecretError, match=says) as failed:
        fetch_value(wanted, settings=settings)

    said = str(failed.value)
    assert wanted.secret_id in said
    assert VALUE not in said
    assert "\n" not in said
    assert failed.value.__context__ is None, "a cause could hold the value"


def test_an_arn_names_its_own_region(world: World, settings: AwsSettings) -> None:
    """The settings' region is for plain names."""
    made = world.aws.client.create_secret(Name=NAME, SecretString=VALUE)
    elsewhere = settings.model_copy(update={"aws_region": "us-east-1"})

    version, region = current_version(made["ARN"], settings=elsewhere)

    assert (version, region) == (made["VersionId"], "eu-central-1")


def test_a_program_is_told_about_a_pending_deletion(world: World, settings: AwsSettings) -> None:
    """In the preview already, before anything is made."""
    pending(world)

    with pytest.raises(AwsSecretError, match="marked for deletion"):
        current_version(NAME, settings=settings)


def test_no_region_at_all_says_where_it_could_come_from(world: World) -> None:
    """boto3's own words would be "You must specify a region"."""
    with pytest.raises(AwsSecretError, match=r"No AWS region is set.*LIVEAVATAR_AWS_REGION"):
        current_version(NAME, settings=AwsSettings(aws_endpoint_url=world.aws.url))


def test_no_credentials_says_how_to_sign_in(
    world: World, settings: AwsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent, so nothing is there to be wrong but the credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    with pytest.raises(AwsSecretError, match="There are no usable AWS credentials"):
        current_version(NAME, settings=settings)


def test_an_endpoint_that_does_not_answer_is_named_as_such(settings: AwsSettings) -> None:
    """Nothing listens there."""
    nowhere = settings.model_copy(update={"aws_endpoint_url": "http://127.0.0.1:9"})

    with pytest.raises(AwsSecretError, match="AWS Secrets Manager did not answer"):
        current_version(NAME, settings=nowhere)
