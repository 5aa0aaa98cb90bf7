"""The demo's steps, in order: services, deployment, one check. Each ends what it began."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from liveavatar_ops.demo.deploy import Deployed, Engine
from liveavatar_ops.demo.lost import close_lost_sessions
from liveavatar_ops.demo.screen import Screen
from liveavatar_ops.demo.services import private_folder, service
from liveavatar_ops.demo.surroundings import AWS_REGION, AWS_SECRET_ID, OPENAI_KEY, STACK, Surroundings
from liveavatar_ops.health.report.result import HealthResult
from liveavatar_ops.health.settings import OpsSettings
from liveavatar_ops.signals import heeded, put_off


class Interrupted(KeyboardInterrupt):
    """A signal asked the demo to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


class CheckFailed(Exception):
    """The check gave no result; the text is what it said."""


@dataclass(frozen=True)
class Checked:
    """One check's end: exit code, its result document, its evidence folder."""

    code: int
    result: HealthResult
    evidence: Path


@contextlib.contextmanager
def services(place: Surroundings, screen: Screen, faults: Sequence[str]) -> Iterator[dict[str, str]]:
    """
    Secrets Manager and emulator on this machine; gives the settings of a shell that works on them.

    Before: what a killed demo left in the ledger is closed. The caller holds the checkout's demo.
    """
    if lost := close_lost_sessions(OpsSettings(LIVEAVATAR_OPS_STATE=place.state).ledger_path):
        screen.lost(lost)
    with contextlib.ExitStack() as running:
        with screen.step("Secrets Manager endpoint") as step:
            aws = running.enter_context(
                service(
                    "Secrets Manager endpoint",
                    [str(place.bin / "python"), "-m", "liveavatar_ops.demo.secrets_manager"],
                    env=place.clean_env(),
                    log=place.logs / "secrets-manager.log",
                    tell={
                        "region": AWS_REGION,
                        "secret_id": AWS_SECRET_ID,
                        "value": json.dumps({"api_key": OPENAI_KEY}),
                    },
                )
            )
            step.told(f"{AWS_SECRET_ID} at {aws['url']}")
        with screen.step("LiveAvatar emulator") as step:
            emulator = running.enter_context(
                service(
                    "LiveAvatar emulator", _emulator(place, faults), env=place.emulator_env(), log=_log(place)
                )
            )
            step.told(f"{emulator['api_url']}, media at {emulator['livekit_url']}")
        yield place.settings(api_url=emulator["api_url"], aws_url=aws["url"])


def _emulator(place: Surroundings, faults: Sequence[str]) -> list[str]:
    state = private_folder(place.folder / "emulator") / "state.db"
    command = [str(place.bin / "liveavatar-emulator"), "serve", "--json", "--die-with-parent"]
    return [*command, "--state", str(state), *(word for fault in faults for word in ("--fault", fault))]


def _log(place: Surroundings) -> Path:
    return place.logs / "emulator.log"


def deploy(place: Surroundings, screen: Screen, settings: dict[str, str]) -> Deployed:
    """`pulumi up` on the program in infra/."""
    engine = Engine(place.bin / "pulumi", place.root, place.env(settings), STACK)
    with screen.step("pulumi up") as step:
        engine.prepare(place.root / "Pulumi.dev.yaml")
        deployed = engine.up(step.resource, place.logs / "pulumi.log")
        step.told("nothing to change" if deployed.quiet else step.counted)
    return deployed


def check(place: Surroundings, screen: Screen, settings: dict[str, str], template: str) -> Checked:
    """
    One check of what was just deployed, in its own process.

    Raises CheckFailed when there is no result to show.
    """
    evidence = place.evidence / "latest"
    command = [str(place.bin / "liveavatar-ops"), "health", "check", "--stack", STACK, "--template", template]
    command += ["--depth", "video", "--json", "--evidence", str(evidence)]
    with screen.step(f"health check of {template}") as step:
        child = None
        try:
            with put_off():
                child = _begin(command, place, settings)
            out, errors = child.communicate()
        except BaseException:
            if child is not None:
                _end(child)
            raise
        try:
            told = json.loads(out)
            result = HealthResult.model_validate(told["results"][0] if "results" in told else told)
        except ValueError:
            raise CheckFailed(errors.strip() or out.strip() or f"exit code {child.returncode}") from None
        step.told(result.judgement.verdict)
    return Checked(child.returncode, result, evidence)


def _begin(command: Sequence[str], place: Surroundings, settings: dict[str, str]) -> subprocess.Popen[str]:
    # In a session of its own: Ctrl-C comes here first, and the check then stops its session in peace.
    return subprocess.Popen(
        command,
        cwd=place.root,
        env=place.env(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _end(child: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        child.send_signal(signal.SIGTERM)  # heeded also in the background of a script
        child.communicate(timeout=30)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)


@contextlib.contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end the demo alike: in order."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
