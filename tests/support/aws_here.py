"""An AWS on this machine (moto, over HTTP), and the command line that declares the schedule there."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.loaders import Loader
from moto.server import ThreadedMotoServer

KEY_SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:liveavatar/api-key-AbCdEf"
UP = [
    "up",
    *("--cluster", "ops", "--subnet", "subnet-1", "--subnet", "subnet-2", "--security-group", "sg-1"),
    *("--image", "registry.example.com/liveavatar-ops:0.1.0", "--api-key-secret", KEY_SECRET),
]


LOADER = Loader()
"""Reads the services' descriptions once for all sessions; each of boto3's own would read them again."""


@contextmanager
def aws_here() -> Iterator[str]:
    """Its address."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def emptied(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in it any more, and credentials for it in the environment."""
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("REGION", "eu-central-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr("botocore.loaders.create_loader", lambda *_: LOADER)
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()  # noqa: S310 - ours


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines printed since last asked."""
    return capsys.readouterr().out.splitlines()
