"""
The settings, and the only place that reads the environment.

The environment comes first, the stack's config second: `pulumi destroy` and `pulumi refresh` configure the
provider from what the state remembers of the config, so a key rotated since then has to win.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pulumi_liveavatar.text import one_line

DEFAULT_API_URL = "https://api.liveavatar.com"


class SettingsError(Exception):
    """Settings are missing or malformed; the text names each one's variable and config key."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        what = "LiveAvatar's settings cannot be used: " + "; ".join(problems)
        super().__init__(one_line(what, next_step="Set them in the environment or with `pulumi config set`"))


def _key(value: Any) -> Any:
    """Refuse what no HTTP header can carry; the library's own error would quote the key."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        return value
    text = text.strip()
    if not text:
        raise ValueError("is empty")
    if not all("!" <= letter <= "~" for letter in text):
        raise ValueError("contains a space or a character that no API key has; copy the key again")
    return SecretStr(text)


def _address(url: str) -> str:
    try:
        url.encode()  # bytes of the environment that are not UTF-8 cannot be sent, nor written down
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:  # its words quote the address
        raise ValueError(f"must be an address such as {DEFAULT_API_URL}, with a port up to 65535") from None
    if port == 0:
        raise ValueError("must have a port from 1 to 65535, or none")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"must be an address such as {DEFAULT_API_URL}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be a bare address, without user, password, query or fragment")
    if parts.scheme == "http" and not is_near(parts.hostname):
        raise ValueError("must begin with https: the API key would cross the network in clear text")
    return url.strip().rstrip("/")


def _region(name: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", name.strip()):
        raise ValueError("must be an AWS region such as eu-central-1")
    return name.strip()


def is_near(host: str) -> bool:
    """This machine, a container beside it, or a private network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))


def _names(variable: str, key: str, *more_variables: str) -> AliasChoices:
    return AliasChoices(variable, *more_variables, f"liveavatar:{key}")


class AwsSettings(BaseSettings):
    """Where AWS Secrets Manager is; credentials are found by boto3's own chain, never by us."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True, case_sensitive=True
    )

    aws_region: Annotated[str, AfterValidator(_region)] | None = Field(
        default=None,
        validation_alias=_names("LIVEAVATAR_AWS_REGION", "awsRegion", "AWS_REGION", "AWS_DEFAULT_REGION"),
        description="the region of the AWS secrets, where the AWS secret itself does not name one",
    )
    aws_endpoint_url: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        validation_alias=_names("AWS_ENDPOINT_URL_SECRETS_MANAGER", "awsEndpointUrl", "AWS_ENDPOINT_URL"),
        description="another Secrets Manager than Amazon's, such as one on this machine",
    )


class Settings(AwsSettings):
    """Everything that decides how this process talks to LiveAvatar and to AWS. Times in seconds."""

    api_key: Annotated[SecretStr, BeforeValidator(_key)] = Field(
        validation_alias=_names("LIVEAVATAR_API_KEY", "apiKey"),
        description="the LiveAvatar API key (not a HeyGen key)",
    )
    api_url: Annotated[str, AfterValidator(_address)] = Field(
        default=DEFAULT_API_URL,
        validation_alias=_names("LIVEAVATAR_API_URL", "apiUrl"),
        description="the API's address; the emulator prints its own",
    )
    timeout_s: float = Field(
        default=20.0,
        gt=0,
        le=300,
        validation_alias=_names("LIVEAVATAR_TIMEOUT_S", "timeoutS"),
        description="how long one call may take",
    )
    max_attempts: int = Field(
        default=5,
        ge=1,
        le=20,
        validation_alias=_names("LIVEAVATAR_MAX_ATTEMPTS", "maxAttempts"),
        description="how often a call is sent at most, where repeating it is safe",
    )
    give_up_after_s: float = Field(
        default=60.0,
        gt=0,
        le=900,
        validation_alias=_names("LIVEAVATAR_GIVE_UP_AFTER_S", "giveUpAfterS"),
        description="how long a call with all its repetitions may take",
    )
    log: Literal["off", "debug"] = Field(
        default="off",
        validation_alias=_names("LIVEAVATAR_LOG", "log"),
        description="`debug` writes one line a request to stderr, without bodies",
    )

    def child_environment(self) -> dict[str, str]:
        """Our own environment, made to reach the same account; the way for keys, which never go by argv."""
        ours = {"LIVEAVATAR_API_KEY": self.api_key.get_secret_value(), "LIVEAVATAR_API_URL": self.api_url}
        return os.environ | ours


Kind = TypeVar("Kind", bound=AwsSettings)


def load_settings(config: Mapping[str, Any] | None = None) -> Settings:
    """
    Read the environment, then the stack's config (`liveavatar:apiKey` and so on).

    Raises SettingsError with every missing and malformed setting at once; no value is quoted in it.
    """
    return _load(Settings, config or {})


def load_aws_settings(config: Mapping[str, Any] | None = None) -> AwsSettings:
    """Like `load_settings`, for a program that asks AWS which version is current and needs no API key."""
    return _load(AwsSettings, config or {})


def variables() -> Mapping[str, str]:
    """The environment as it is: for what is no setting of ours but the HTTP library's (api/way_out.py)."""
    return os.environ


def config_keys() -> list[str]:
    """Every key of the stack's config that is looked at, such as `liveavatar:apiKey`."""
    return [_aliases(name)[-1] for name in Settings.model_fields]


def _load(kind: type[Kind], config: Mapping[str, Any]) -> Kind:
    given = {key: value for key, value in config.items() if value not in (None, "")}

    class EnvironmentThenStack(kind):  # type: ignore[valid-type,misc]  # the class is a variable on purpose
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], env_settings: PydanticBaseSettingsSource, **_: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, InitSettingsSource(settings_cls, given)

    try:
        found = EnvironmentThenStack()
    except ValidationError as error:
        problems = [_problem(e["loc"], e["type"], e["msg"]) for e in error.errors()]
    else:
        return cast("Kind", kind.model_construct(**dict(found)))
    raise SettingsError(problems)


def _problem(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    name = next((n for n in Settings.model_fields if str(loc[0]) in (n, *_aliases(n))), str(loc[0]))
    *variables, key = _aliases(name)
    what = "is missing" if kind == "missing" else message.removeprefix("Value error, ")
    what = what[0].lower() + what[1:] if what.startswith(("Input ", "String ")) else what
    described = Settings.model_fields[name].description
    # Several variables can set one thing: the one that did is the one to correct.
    variable = next((each for each in variables if os.environ.get(each)), variables[0])
    return f"{variable} (config key {key}): {what}; it is {described}"


def _aliases(name: str) -> list[str]:
    choices = Settings.model_fields[name].validation_alias
    if not isinstance(choices, AliasChoices):
        raise TypeError(f"setting {name} names no variable")
    return [str(choice) for choice in choices.choices]
