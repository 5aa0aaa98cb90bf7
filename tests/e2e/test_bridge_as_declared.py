"""What a program declares of OpenAI Realtime is what the service is told, also after a change."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import automation

from pulumi_liveavatar import Context, Secret, SessionTemplate, aws_secret
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.engine import ROOT, engine_env, secrets_manager
from tests.support.secrets_manager import SecretsManager
from tests.support.stand_in import StandIn, running_stand_in

pytestmark = [pytest.mark.engine, pytest.mark.media]

AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
KEY = "dev/liveavatar/openai"
STACK = "qa"
BRIEFLY = ("--depth", "video", "--limit", "watch_s=5", "--no-evidence")
INCONCLUSIVE = 3  # a busy machine cannot judge the picture; what the service was told is exact all the same


@dataclass(frozen=True)
class Persona:
    """One context as it is written in the program."""

    prompt: str
    opening: str


MARTA = Persona("You are Marta. Count only in dozens.", "Good morning, I am Marta.")
OTTO = Persona('You are Otto.\nSpeak of "ships" & sails; never of 5 $.', "Ahoy, this is Otto.")
WILMA = Persona("You are Wilma, and you whisper.", "Psst, it is Wilma.")


@dataclass
class Program:
    """What is declared; a test changes it between ups. `fields`: voice, temperature, model."""

    persona: Persona = MARTA
    context: str | None = "host"
    fields: dict[str, Any] = field(
        default_factory=lambda: {"voice": "cedar", "temperature": 0.65, "model": "gpt-realtime-mini"}
    )

    def __call__(self) -> None:
        key = Secret("openai", aws=aws_secret(KEY, json_key="api_key"))
        written = {"host": self.persona, "other": WILMA}
        ids = {name: Context(name, prompt=p.prompt, opening_text=p.opening).id for name, p in written.items()}
        chosen = {"context_id": ids[self.context]} if self.context else {}
        desk = SessionTemplate(
            "desk",
            mode="LITE",
            avatar_id=AVATAR,
            is_sandbox=True,
            video_settings={"quality": "low"},
            openai_realtime_config={"secret_id": key.id, **chosen, **self.fields},
        )
        pulumi.export("templates", {"desk": {"body": desk.body}})
        pulumi.export("host", ids["host"])


@dataclass
class Door:
    """The service's check of keys: one is valid at a time. Remembers which one came, never a key."""

    valid: str = "first"
    came: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(
        default_factory=lambda: {name: f"sk-{os.urandom(16).hex()}" for name in ("first", "second")},
        repr=False,
    )

    def __call__(self, key: str) -> bool:
        named = next((name for name, value in self.keys.items() if value == key), "one nobody declared")
        self.came.append(named)
        return named == self.valid

    def in_text(self, text: str) -> list[str]:
        """Which keys a text holds."""
        return [name for name, key in self.keys.items() if key in text]


@dataclass
class Place:
    """A deployed program, and the service that its avatars talk to."""

    program: Program
    stack: automation.Stack
    stand_in: StandIn
    door: Door
    aws: SecretsManager
    env: dict[str, str]

    def up(self) -> dict[str, int]:
        """Deploy what is declared now; how many resources changed, and how."""
        counts = self.stack.up().summary.resource_changes or {}
        return {str(op): n for op, n in counts.items() if op != "same" and n}

    def rotate(self, name: str) -> None:
        """A new key in Secrets Manager; the service takes no other from now on."""
        self.aws.put(KEY, self.door.keys[name])
        self.door.valid = name
        self.door.came.clear()

    def session(self) -> dict[str, Any]:
        """A session of the deployed template, opened as an operator does; what arrived at the service."""
        before = len(self.stand_in.seen())
        command = [sys.executable, "-m", "liveavatar_ops.health", "check", "--stack", STACK, "--json"]
        done = subprocess.run(
            [*command, *BRIEFLY],
            cwd=self.stack.workspace.work_dir,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert self.door.in_text(done.stdout + done.stderr) == []
        assert done.returncode in {0, INCONCLUSIVE}, done.stdout[-3000:] + done.stderr[-3000:]
        [arrived] = self.stand_in.seen()[before:]
        return arrived


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """An emulator with real rooms, whose avatars talk to a service with a door of this test's own."""
    door, program, log = Door(), Program(), tmp_path / "emulator.log"
    with (
        running_stand_in(door) as stand_in,
        running_emulator(
            media=True, log=log, env={"LIVEAVATAR_EMULATOR_OPENAI_URL": stand_in.url}
        ) as emulator,
        secrets_manager() as aws,
    ):
        env = environment(tmp_path, emulator, aws)
        # An inline program runs in this process, and asks Secrets Manager from here.
        for name, value in aws.env.items():
            monkeypatch.setenv(name, value)
        stack = stack_of(program, tmp_path, env)
        made = Place(program, stack, stand_in, door, aws, env)
        made.rotate("first")
        yield made
        stack.destroy(on_output=None)
    assert door.in_text(log.read_text()) == []


def environment(tmp: Path, emulator: RunningEmulator, aws: SecretsManager) -> dict[str, str]:
    """Of the engine and of the check alike."""
    where = {"LIVEAVATAR_API_URL": emulator.api_url, "LIVEAVATAR_API_KEY": emulator.api_key}
    return engine_env(tmp, LIVEAVATAR_OPS_STATE=str(tmp / "state"), **where, **aws.env)


def stack_of(program: Program, tmp: Path, env: dict[str, str]) -> automation.Stack:
    """The program as a stack of its own folder."""
    folder = tmp / "program"
    folder.mkdir()
    options = automation.LocalWorkspaceOptions(
        work_dir=str(folder),
        env_vars={**env, "PULUMI_PYTHON_CMD": str(ROOT / ".venv/bin/python")},
        pulumi_command=automation.PulumiCommand(root=str(ROOT / ".venv")),
        project_settings=automation.ProjectSettings(name="bridged", runtime="python"),
    )
    return automation.create_or_select_stack(STACK, project_name="bridged", program=program, opts=options)


def told(arrived: dict[str, Any]) -> dict[str, Any]:
    """The declared part of what arrived; taken from the first update as sent, not from what stood anyway."""
    sent = arrived["first_update"]
    assert arrived["updates"] == 1, "nothing was sent twice with other values"
    return {
        "model": arrived["model"],
        "voice": sent["audio"]["output"].get("voice"),
        "temperature": sent.get("temperature"),
        "instructions": sent.get("instructions"),
        "said": arrived["said"],
    }


def test_what_is_declared_arrives_and_what_is_changed_arrives_instead(place: Place) -> None:
    """Model, voice, temperature, instructions, opening text and key: as declared, also after a change."""
    place.up()
    first = told(place.session())

    assert first == {
        "model": "gpt-realtime-mini",
        "voice": "cedar",
        "temperature": 0.65,
        "instructions": MARTA.prompt,
        "said": [MARTA.opening],
    }
    assert place.door.came == ["first"]

    host = place.stack.outputs()["host"].value
    place.program.fields = {"voice": "marin", "temperature": 1.15, "model": "gpt-realtime-2.1"}
    place.program.persona = OTTO
    place.rotate("second")
    place.up()
    arrived = place.session()

    assert told(arrived) == {
        "model": "gpt-realtime-2.1",
        "voice": "marin",
        "temperature": 1.15,
        "instructions": OTTO.prompt,
        "said": [OTTO.opening],
    }
    assert place.door.came == ["second"], "the old key is shown to nobody any more"
    assert place.stack.outputs()["host"].value == host, "new words, the same context"
    everything = json.dumps(arrived, ensure_ascii=False)
    old = [str(value) for value in first.values() if isinstance(value, str | float)]
    assert [value for value in (*old, MARTA.opening) if value in everything] == []
    assert place.up() == {}, "and nothing is left to change"


def test_another_context_is_another_persona(place: Place) -> None:
    """`context_id` alone is moved: the other context's words arrive, and the rest stays as declared."""
    place.program.context = "other"
    place.up()

    assert told(place.session()) == {
        "model": "gpt-realtime-mini",
        "voice": "cedar",
        "temperature": 0.65,
        "instructions": WILMA.prompt,
        "said": [WILMA.opening],
    }


def test_what_is_left_out_is_the_documented_default(place: Place) -> None:
    """Fields taken away: the defaults of LiveAvatar API facts §2.9 arrive; without a context no word does."""
    place.up()
    place.program.fields = {}
    place.program.context = None
    assert place.up() == {"update": 1}
    arrived = place.session()

    assert told(arrived) == {
        "model": "gpt-realtime",
        "voice": "alloy",
        "temperature": 0.8,
        "instructions": None,
        "said": [],
    }
    assert "instructions" not in arrived["first_update"], "not even an empty one, which would be an order"
