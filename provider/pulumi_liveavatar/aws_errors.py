"""
Each way an AWS secret can be wrong, in its own sentence: what did not happen, why, what to do.

Pure, and without boto3. Texts quote names, regions and version ids, never a value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_liveavatar.text import closest, one_line

REGION_COMES_FROM = (
    "AwsSecret(region=…), else LIVEAVATAR_AWS_REGION, AWS_REGION, or the config key liveavatar:awsRegion"
)
CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
TOO_FAST = frozenset(
    {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)


class AwsSecretError(Exception):
    """An AWS secret could not be used; its text is all an operator gets to see."""

    def __init__(self, what: str, *, why: str, next_step: str) -> None:
        self.what, self.why, self.next_step = what, why, next_step
        super().__init__(one_line(what, why, next_step))


@dataclass(frozen=True)
class Place:
    """Which AWS secret is meant, as far as it is known."""

    secret_id: str
    region: str | None = None
    version_id: str | None = None
    json_key: str | None = None

    @property
    def what(self) -> str:
        where = f" in {self.region}" if self.region else ""
        return f"AWS secret {self.secret_id!r}{where} was not read"

    def cli(self, verb: str) -> str:
        """The command that shows the same."""
        region = f" --region {self.region}" if self.region else ""
        return f"`aws secretsmanager {verb} --secret-id {self.secret_id}{region}`"


def _error(place: Place, why: str, next_step: str) -> AwsSecretError:
    return AwsSecretError(place.what, why=why, next_step=next_step)


def not_there(place: Place) -> AwsSecretError:
    return _error(
        place,
        f"There is no such AWS secret in {place.region or 'that region'}",
        f"Check its name with {place.cli('describe-secret')}; the region comes from {REGION_COMES_FROM}",
    )


def version_gone(place: Place) -> AwsSecretError:
    return _error(
        place,
        f"It has no version {place.version_id} any more",
        "Run `pulumi up` so that the program asks for the current version again",
    )


def pending_deletion(place: Place) -> AwsSecretError:
    return _error(
        place,
        "It is marked for deletion",
        f"Bring it back with {place.cli('restore-secret')}, or name another one",
    )


def no_current_version(place: Place) -> AwsSecretError:
    return _error(
        place,
        "None of its versions is labelled AWSCURRENT",
        f"Give it a value with {place.cli('put-secret-value')} --secret-string file://…",
    )


def denied(place: Place, action: str) -> AwsSecretError:
    return _error(
        place,
        f"AWS denied secretsmanager:{action} to the identity in use",
        f"Allow secretsmanager:{action} on it (and kms:Decrypt on its key); "
        "`aws sts get-caller-identity` says who is asking",
    )


def no_decryption(place: Place) -> AwsSecretError:
    return _error(
        place, "AWS could not decrypt it", "Enable its KMS key and allow kms:Decrypt to the identity in use"
    )


def throttled(place: Place) -> AwsSecretError:
    return _error(
        place,
        "AWS refused for the number of calls, four times in a row",
        "Run again in a minute; fewer at a time help: `pulumi up --parallel 2`",
    )


def bad_credentials(place: Place, code: str) -> AwsSecretError:
    return _error(
        place,
        f"AWS did not accept the credentials ({code})",
        "Sign in again (`aws sso login`, or new AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)",
    )


def binary(place: Place) -> AwsSecretError:
    return _error(
        place,
        "It holds binary data",
        f"Store the key as text: {place.cli('put-secret-value')} --secret-string file://…",
    )


def empty(place: Place) -> AwsSecretError:
    where = f"Key {place.json_key!r} of it" if place.json_key else "Its value"
    return _error(place, f"{where} is empty", "Put the key there and run `pulumi up` again")


def not_json(place: Place) -> AwsSecretError:
    return _error(
        place,
        f"Its value is not a JSON object, so it has no key {place.json_key!r}",
        "Leave json_key out if the value is the key itself, or store a JSON object",
    )


def no_such_key(place: Place, keys: Sequence[str]) -> AwsSecretError:
    key = place.json_key or ""
    has = ", ".join(sorted(keys)) or "none"
    return _error(
        place, f"It has no key {key!r} (keys: {has})", f"Correct json_key; {closest(key, keys)}".rstrip("; ")
    )


def not_text(place: Place) -> AwsSecretError:
    return _error(place, f"Key {place.json_key!r} of it is not a text", "Store the key as a JSON string")


def not_a_secret(place: Place) -> AwsSecretError:
    return _error(
        place,
        "That ARN is not one of an AWS secret",
        "Give the secret's name, or arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX",
    )


def two_regions(place: Place, named: str) -> AwsSecretError:
    return _error(place, f"Its ARN names {named}", f"Leave region out, or set it to {named}")


def unusable(place: Place, error: Exception) -> AwsSecretError:
    """Nothing came back, or nothing was sent: no region, no credentials, no connection."""
    kind = type(error).__name__
    if kind == "NoRegionError":
        return _error(place, "No AWS region is set", f"The region comes from {REGION_COMES_FROM}")
    if kind in {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "TokenRetrievalError"}:
        return _error(
            place,
            f"There are no usable AWS credentials ({kind})",
            "Set AWS_PROFILE, sign in with `aws sso login`, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY",
        )
    return _error(
        place,
        f"AWS Secrets Manager did not answer ({kind})",
        "Check the network, the region and AWS_ENDPOINT_URL_SECRETS_MANAGER, then run again",
    )


def refused(place: Place, action: str, error: Mapping[str, Any]) -> AwsSecretError:
    """AWS answered "no"; its own words are used to tell cases apart and not quoted."""
    code, words = str(error.get("Code", "unknown")), str(error.get("Message", "")).lower()
    told_version = place.version_id and ("versionid" in words or "staging label" in words)
    cases = (
        (code == "ResourceNotFoundException" and told_version, version_gone),
        (code == "ResourceNotFoundException", not_there),
        (code == "InvalidRequestException" and "delet" in words, pending_deletion),
        (code in {"AccessDenied", "AccessDeniedException"}, lambda p: denied(p, action)),
        (code in {"DecryptionFailure", "DecryptionFailureException"}, no_decryption),
        (code in TOO_FAST, throttled),
        (code in CREDENTIALS, lambda p: bad_credentials(p, code)),
    )
    for applies, sentence in cases:
        if applies:
            return sentence(place)
    return _error(
        place,
        f"AWS answered {action} with {code}",
        f"See what {place.cli('describe-secret')} says, then run again",
    )
