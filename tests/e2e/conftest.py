"""A world for the engine: an emulator without media, a Secrets Manager, and a copy of the project."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.engine import Project, engine_env, secrets_manager, shipped_project

OPENAI_KEY = "sk-emulator-accepts-this-key"


class Api:
    """The emulator's API as a test uses it: the answer's data, or a failure."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self._emulator = emulator

    def _call(self, method: str, path: str, body: object = None) -> Any:
        answer = self._emulator.call(method, path, body)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json()["data"]

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: object) -> Any:
        return self._call("POST", path, body)

    def patch(self, path: str, body: object) -> Any:
        return self._call("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """An account with nothing in it, and an AWS secret with a key that works."""
    with running_emulator(media=False) as emulator, secrets_manager() as aws:
        aws.put("dev/liveavatar/openai", OPENAI_KEY)
        env = engine_env(
            tmp_path, LIVEAVATAR_API_URL=emulator.api_url, LIVEAVATAR_API_KEY=emulator.api_key, **aws.env
        )
        yield SimpleNamespace(emulator=emulator, api=Api(emulator), aws=aws, env=env, tmp=tmp_path)


@pytest.fixture
def project(world: SimpleNamespace) -> Project:
    """The checkout's own program with a fresh `dev` stack."""
    return shipped_project(world.tmp, world.env)
