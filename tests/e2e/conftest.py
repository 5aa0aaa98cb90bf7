"""A world for the engine: an emulator without media, a Secrets Manager, and a copy of the project."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.emulator import running_emulator
from tests.support.engine import Project, engine_env, secrets_manager, shipped_project

OPENAI_KEY = "sk-emulator-accepts-this-key"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """An account with nothing in it, and an AWS secret with a key that works."""
    with running_emulator(media=False) as emulator, secrets_manager() as aws:
        aws.put("dev/liveavatar/openai", OPENAI_KEY)
        env = engine_env(
            tmp_path, LIVEAVATAR_API_URL=emulator.api_url, LIVEAVATAR_API_KEY=emulator.api_key, **aws.env
        )
        yield SimpleNamespace(emulator=emulator, aws=aws, env=env, tmp=tmp_path)


@pytest.fixture
def project(world: SimpleNamespace) -> Project:
    """The checkout's own program with a fresh `dev` stack."""
    return shipped_project(world.tmp, world.env)
