"""The watcher's own reading of the environment: webhook addresses, and whether OTLP is asked for."""

import ipaddress
import os
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr

from liveavatar_ops.schedule.config import Channel

API_KEY = "LIVEAVATAR_API_KEY"
OTLP_ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def channel_name(channel: Channel) -> str:
    """`slack:ALERT_URL`: what a channel is called where its address must not stand."""
    return f"{channel.kind}:{channel.url_env}"


def webhook_urls(
    channels: Iterable[Channel], env: Mapping[str, str] | None = None
) -> tuple[dict[str, SecretStr], list[str]]:
    """(address by channel name, problems). A problem names the variable and never quotes its value."""
    env = os.environ if env is None else env
    urls, problems = {}, []
    for channel in channels:
        value = env.get(channel.url_env, "").strip()
        if not value:
            problems.append(f"{channel.url_env} is not set; it should hold the address of the {channel.kind}")
        elif wrong := _unusable(value):
            problems.append(f"{channel.url_env}: {wrong}")
        else:
            urls[channel_name(channel)] = SecretStr(value)
    return urls, problems


def known_secrets(urls: Mapping[str, SecretStr], env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Values that no line and no message may hold."""
    env = os.environ if env is None else env
    key = env.get(API_KEY, "")
    return tuple(value for value in (key, *(url.get_secret_value() for url in urls.values())) if value)


def otlp_asked_for(env: Mapping[str, str] | None = None) -> bool:
    """By the standard variables of OpenTelemetry."""
    env = os.environ if env is None else env
    if (
        env.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or env.get("OTEL_METRICS_EXPORTER", "otlp") == "none"
    ):
        return False
    return any(env.get(name) for name in OTLP_ENDPOINTS)


def otlp_protocol(env: Mapping[str, str] | None = None) -> str:
    """`grpc` or `http/protobuf`, or empty where nobody chose."""
    env = os.environ if env is None else env
    names = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    return next((env[name] for name in names if env.get(name)), "")


def _unusable(value: str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https") or not host or any(letter.isspace() for letter in value):
        return "is no address that begins with https://"
    if parts.scheme == "http" and not _is_near(host):
        return "must begin with https: the address is a secret and would cross the network in clear text"
    return ""


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))
