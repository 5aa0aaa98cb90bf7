"""The provider process is killed at the worst moments; the next `up` leaves one object and no orphan."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.engine import Project, small_project
from tests.support.processes import until

pytestmark = pytest.mark.engine

CONTEXT = """
from pulumi_liveavatar import Context
Context("greeter", prompt="You greet people.", opening_text="Hello!")
"""
SECRET = """
import pulumi
from pulumi_liveavatar import Secret, aws_secret
Secret("openai", secret_type="OPENAI_API_KEY", aws=aws_secret("dev/liveavatar/openai", json_key="api_key"))
"""
PROGRAMS = {"contexts": CONTEXT, "secrets": SECRET}


def provider_pids(project: Project) -> list[int]:
    """The provider processes that serve this project."""
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            command = (proc / "cmdline").read_bytes()
            home = f"PULUMI_HOME={project.env['PULUMI_HOME']}".encode()
            if b"pulumi.dynamic" in command and home in (proc / "environ").read_bytes():
                found.append(int(proc.name))
        except (OSError, ValueError):
            continue
    return found


def remote(world: SimpleNamespace, kind: str) -> list[str]:
    """Ids the API holds of a kind."""
    got = world.api.get(f"/v1/{kind}")
    return [each["id"] for each in (got["results"] if isinstance(got, dict) else got)]


def killed_up(project: Project, moment: Callable[[], object]) -> None:
    """Start an up, wait for the moment, kill the provider process, let the engine end."""
    up = threading.Thread(target=lambda: project.up(may_fail=True))
    up.start()
    try:
        until(moment, "the moment to kill")
        pids = provider_pids(project)
        assert pids, "the provider is alive at that moment"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    finally:
        up.join(timeout=180)
    assert project.ran[-1].code != 0, "the engine saw its provider die"


@pytest.mark.parametrize("kind", ["contexts", "secrets"])
@pytest.mark.parametrize(("fault", "left"), [("hang_before", 0), ("hang_after", 1)])
def test_killed_around_the_post(
    world: SimpleNamespace, tmp_path: Path, kind: str, fault: str, left: int
) -> None:
    """Killed before the server acts nothing is there; killed before its answer an orphan is: taken over."""
    project = small_project(tmp_path, PROGRAMS[kind], world.env)
    held = {"fault": {"name": fault}, "on": "call", "method": "POST", "path": f"^/v1/{kind}$", "times": 1}
    world.emulator.admin("POST", "/faults", held)

    killed_up(project, lambda: world.emulator.admin("GET", "/faults")["held"])
    world.emulator.admin("DELETE", "/faults")
    until(lambda: len(remote(world, kind)) == left, f"{left} left behind")
    orphans = remote(world, kind)
    project.up()

    assert len(remote(world, kind)) == 1
    assert remote(world, kind)[:left] == orphans, "the orphan was taken over, not left beside a new one"
    assert project.up().changes == {}


@pytest.mark.parametrize("kind", ["contexts", "secrets"])
def test_killed_after_the_answer(world: SimpleNamespace, tmp_path: Path, kind: str) -> None:
    """The provider has its answer and dies before the engine hears of it."""
    project = small_project(tmp_path, PROGRAMS[kind], world.env)
    # Loaded by the provider's interpreter alone: it kills the process once a create has returned.
    (tmp_path / "die").mkdir()
    (tmp_path / "die" / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "if 'pulumi.dynamic' in ' '.join(sys.orig_argv):\n"
        "    import pulumi_liveavatar.context as c, pulumi_liveavatar.secret as s\n"
        "    def deadly(create):\n"
        "        def killed(self, props):\n"
        "            create(self, props)\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return killed\n"
        "    for provider in (c.ContextProvider, s.SecretProvider):\n"
        "        provider.create = deadly(provider.create)\n"
    )

    failed = project.up(env={"PYTHONPATH": str(tmp_path / "die")}, may_fail=True)
    orphans = remote(world, kind)
    project.up()

    assert failed.code != 0
    assert len(orphans) == 1
    assert remote(world, kind) == orphans
    assert project.up().changes == {}


def test_an_engine_that_is_killed_outright_is_recovered_from(world: SimpleNamespace, tmp_path: Path) -> None:
    """SIGKILL to the engine itself: the lock is taken away by hand, and the next up ends with one object."""
    # One resource, so that the engine is not in the middle of writing another one's state when it dies.
    project = small_project(tmp_path, CONTEXT, world.env)
    held = {
        "fault": {"name": "hang_after"},
        "on": "call",
        "method": "POST",
        "path": "^/v1/contexts$",
        "times": 1,
    }
    world.emulator.admin("POST", "/faults", held)
    command = [Path(project.folder / ".venv/bin/pulumi"), "up", "--yes", "--skip-preview", "--stack", "dev"]
    engine = subprocess.Popen(
        command, cwd=project.folder, env=project.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: world.emulator.admin("GET", "/faults")["held"], "the POST is held")
    engine.kill()
    engine.wait()
    world.emulator.admin("DELETE", "/faults")
    until(lambda: not provider_pids(project), "the provider follows its engine")

    project.pulumi("cancel", "--yes", "--stack", "dev")
    project.up()

    assert len(remote(world, "contexts")) == 1
    assert project.up().changes == {}
