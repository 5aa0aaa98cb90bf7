"""
The AWS source of a secret's value. The only module that imports boto3.

A program asks which version is current (`DescribeSecret`); the provider fetches the value of exactly that
version (`GetSecretValue` with its id) when it creates. A read without a version is never made: what it
returns may lag behind a label that was moved.
"""

import json
from typing import Annotated, Any

from pydantic import SecretStr, StringConstraints

from pulumi_liveavatar import aws_errors
from pulumi_liveavatar.aws_errors import AwsSecretError, Place
from pulumi_liveavatar.settings import AwsSettings
from pulumi_liveavatar.strict import StrictModel, Text

CURRENT = "AWSCURRENT"


class AwsSecret(StrictModel):
    """One version of an AWS secret, and where in it the value is: names only, never the value."""

    secret_id: Text
    version_id: Annotated[str, StringConstraints(min_length=32, max_length=64)]
    json_key: Text | None = None
    region: Text | None = None


def current_version(
    secret_id: str, region: str | None = None, *, settings: AwsSettings
) -> tuple[str, str | None]:
    """
    The id of the version that is labelled AWSCURRENT, and the region it was found in.

    Raises AwsSecretError. Does not read the value, and needs no permission to.
    """
    place = _place(secret_id, region, settings)
    client = _client(place, settings)
    place = Place(place.secret_id, client.meta.region_name)
    described = _call(client.describe_secret, place, "DescribeSecret", SecretId=secret_id)
    if described.get("DeletedDate"):
        raise aws_errors.pending_deletion(place)
    labels: dict[str, list[str]] = described.get("VersionIdsToStages") or {}
    for version, stages in labels.items():
        if CURRENT in stages:
            return version, place.region
    raise aws_errors.no_current_version(place)


def fetch_value(source: AwsSecret, *, settings: AwsSettings) -> SecretStr:
    """
    The value of that version, without outer blanks (no API key has any).

    Raises AwsSecretError; no value, nor a part of one, is ever in its text.
    """
    place = _place(source.secret_id, source.region, settings)
    client = _client(place, settings)
    place = Place(place.secret_id, client.meta.region_name, source.version_id, source.json_key)
    answer = _call(
        client.get_secret_value,
        place,
        "GetSecretValue",
        SecretId=source.secret_id,
        VersionId=source.version_id,
    )
    text = answer.get("SecretString")
    if text is None:
        raise aws_errors.binary(place)
    value = text if source.json_key is None else _from_json(text, place, source.json_key)
    if not value.strip():
        raise aws_errors.empty(place)
    return SecretStr(value.strip())


def _from_json(text: str, place: Place, key: str) -> str:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    # Raised outside the `except`: the cause would hold the whole secret.
    if not isinstance(read, dict):
        raise aws_errors.not_json(place)
    if key not in read:
        raise aws_errors.no_such_key(place, [str(k) for k in read])
    value = read[key]
    if not isinstance(value, str):
        raise aws_errors.not_text(place)
    return value


def _place(secret_id: str, region: str | None, settings: AwsSettings) -> Place:
    """An ARN names its region itself; the settings' is for plain names."""
    if not secret_id.startswith("arn:"):
        return Place(secret_id, region or settings.aws_region)
    parts = secret_id.split(":")
    if len(parts) < 7 or parts[2] != "secretsmanager":
        raise aws_errors.not_a_secret(Place(secret_id, region))
    if region and region != parts[3]:
        raise aws_errors.two_regions(Place(secret_id, region), parts[3])
    return Place(secret_id, parts[3])


def _client(place: Place, settings: AwsSettings) -> Any:
    # Loading boto3 takes as long as the rest of a program; one without AWS secrets does not pay for it.
    import boto3.session  # noqa: PLC0415 -- see above
    from botocore.config import Config  # noqa: PLC0415 -- see above
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 -- see above

    config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
    try:
        return boto3.session.Session().client(
            "secretsmanager",
            region_name=place.region,
            endpoint_url=settings.aws_endpoint_url,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        failure = aws_errors.unusable(place, error)
    raise failure


def _call(operation: Any, place: Place, action: str, **request: str) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 -- boto3 is loaded late

    failure: AwsSecretError
    try:
        answer: dict[str, Any] = operation(**request)
    except ClientError as error:
        failure = aws_errors.refused(place, action, dict(error.response.get("Error", {})))
    except BotoCoreError as error:
        failure = aws_errors.unusable(place, error)
    else:
        return answer
    raise failure
