"""The engines as installed: typed by a user with a bare PATH, in no activated environment."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from tests.support.engine import PULUMI, ROOT, Project, engine_env
from tests.support.processes import processes_of, until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not PULUMI.exists(), reason="no engine: run `python3 toolchain/install.py`"),
]

PROVIDER = PULUMI.with_name("pulumi-resource-pulumi-python")

PROJECT = """
name: tiny
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: .venv
main: infra/
"""

THING = '''
"""A dynamic resource that tells which Python its provider runs in."""
import sys
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class Things(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult("thing-1", {**props, "python": sys.executable})

    def diff(self, id_, olds, news):
        return DiffResult(changes=olds["word"] != news["word"])

    def update(self, id_, olds, news):
        return UpdateResult({**olds, **news})

    def read(self, id_, props):
        return ReadResult(id_, props)


class Thing(Resource, module="liveavatar", name="Thing"):
    def __init__(self, name, word):
        super().__init__(Things(), name, {"word": word, "python": None})
'''

PROGRAM = """
import sys
import pulumi
from thing import Thing

thing = Thing("one", pulumi.Config().get("word") or "hello")
pulumi.export("provider", thing.python)
pulumi.export("program", sys.executable)
"""

PACK = """
import pulumi
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def polite(args, report):
    if args.resource_type.endswith(":Thing") and args.props["word"] != "hello":
        report(f"{args.name} says {args.props['word']} in {pulumi.get_project()}/{pulumi.get_stack()}")


PolicyPack("manners", policies=[
    ResourceValidationPolicy("polite", "Things say hello.", polite, EnforcementLevel.MANDATORY),
])
"""

PACK_SETTINGS = """
runtime: {name: python, options: {virtualenv: ../.venv}}
version: 0.0.1
"""

SLEEPER = "import time; time.sleep(600)"

SLOW_THING = """
import time
import pulumi
import thing


class Slow(thing.Things):
    def create(self, props):
        time.sleep(600)


class SlowThing(thing.Resource, module="liveavatar", name="SlowThing"):
    def __init__(self):
        super().__init__(Slow(), "slow", {})


SlowThing()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_project(tmp_path, PROGRAM)


@pytest.fixture(autouse=True)
def nobody_stays(tmp_path: Path) -> Iterator[None]:
    """Whatever a test does, in the end no host, provider, pack or program of it runs on."""
    yield
    until(lambda: not processes_of(tmp_path))


def tiny_project(tmp: Path, program: str) -> Project:
    """A project laid out as ours: the program in infra/, the environment at the top, a link between."""
    folder = tmp / "project"
    files = {
        "Pulumi.yaml": PROJECT,
        "infra/__main__.py": program,
        "infra/thing.py": THING,
        "policies/__main__.py": PACK,
        "policies/PulumiPolicy.yaml": PACK_SETTINGS,
    }
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "infra" / ".venv").symlink_to("../.venv")
    return Project(folder, engine_env(tmp)).init()


def test_a_project_lives_its_whole_life(project: Project) -> None:
    """
    Up, up again, a change, refresh and destroy work with nothing but /usr/bin and /bin on PATH.
    """
    created = project.up()
    again = project.up("--expect-no-changes")
    project.pulumi("config", "set", "word", "bye", "--stack", "dev")
    changed = project.up()
    refreshed = project.refresh()
    gone = project.destroy()

    assert created.changes == {"create": 2}
    assert again.changes == {}
    assert changed.changes == {"update": 1}
    assert refreshed.changes == {}
    assert gone.changes == {"delete": 2}


def test_program_and_provider_run_in_the_same_environment(project: Project) -> None:
    """
    The engine counts `virtualenv` from the project, the provider from `main`: the link makes them agree.
    """
    project.up()

    outputs = project.outputs()

    assert {Path(python).parent.resolve() for python in outputs.values()} == {(ROOT / ".venv/bin").resolve()}
    assert outputs["program"] == f"{project.folder}/.venv/bin/python"


def test_a_policy_pack_stops_a_preview_and_an_up(project: Project) -> None:
    """
    The pack runs in the environment it names, knows project and stack, and its mandatory rules hold.
    """
    project.pulumi("config", "set", "word", "bye", "--stack", "dev")

    previewed = project.pulumi("preview", "--policy-pack", "policies", "--stack", "dev", may_fail=True)
    applied = project.up("--policy-pack", "policies", may_fail=True)

    assert previewed.code != 0
    assert "one says bye in tiny/dev" in previewed.out
    assert applied.code != 0
    assert project.resources() == {}


def test_a_policy_pack_that_is_content_lets_through(project: Project) -> None:
    """
    Without a violation the pack changes nothing.
    """
    assert project.up("--policy-pack", "policies").changes == {"create": 2}


@pytest.mark.parametrize(
    ("program", "said"),
    [
        pytest.param("raise RuntimeError('the catalog is empty')", "the catalog is empty", id="raises"),
        pytest.param("import sys; sys.exit(3)", "Program exited with non-zero exit code: 3", id="exits"),
        pytest.param("import pulumi, sys; pulumi.log.error('no key'); sys.exit(32)", "no key", id="says why"),
    ],
)
def test_a_program_that_fails_is_told_once(tmp_path: Path, program: str, said: str) -> None:
    """
    What the program said already is not followed by a second complaint about its exit code.
    """
    failed = tiny_project(tmp_path, program).up(may_fail=True)

    assert failed.code != 0
    assert len(failed.errors) == 1
    assert said in failed.errors[0]


def test_a_missing_environment_is_named(project: Project) -> None:
    """
    Without .venv the user reads which directory is wanted.
    """
    (project.folder / ".venv").unlink()

    failed = project.pulumi("preview", "--stack", "dev", may_fail=True)

    assert failed.code != 0
    assert f"{project.folder}/.venv" in failed.out + failed.err
    assert "virtualenv" in failed.out + failed.err


def test_a_wrong_option_is_named(project: Project) -> None:
    """
    A misspelt toolchain says what is allowed.
    """
    settings = project.folder / "Pulumi.yaml"
    settings.write_text(settings.read_text().replace("toolchain: pip", "toolchain: conda"))

    failed = project.pulumi("preview", "--stack", "dev", may_fail=True)

    assert "toolchain must be pip, poetry, uv or auto" in failed.out + failed.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
@pytest.mark.parametrize(
    ("program", "busy"), [(SLEEPER, "pulumi-language-python-exec"), (SLOW_THING, "pulumi.dynamic")]
)
def test_an_engine_that_ends_takes_all_along(
    tmp_path: Path, program: str, busy: str, how: signal.Signals
) -> None:
    """
    After Ctrl-C, and even after the engine was killed, no host, program or provider stays behind.

    A provider that is in the middle of a call delays an engine that is asked politely, so that one is
    asked twice, as people do.
    """
    if how is signal.SIGKILL and busy == "pulumi.dynamic" and PROVIDER.read_bytes()[:2] == b"#!":
        pytest.skip("the official Pulumi is installed; its provider script does not watch the engine")
    project = tiny_project(tmp_path, program)
    command = [PULUMI, "up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=project.folder, env=project.env, **quiet) as engine:
        until(lambda: any(busy in line for line in processes_of(project.folder)))
        while engine.poll() is None:
            engine.send_signal(how)
            time.sleep(1)

    until(lambda: not processes_of(tmp_path))


def test_about_tells_the_python_and_the_host(project: Project) -> None:
    """
    `pulumi about` answers "which Python is this" without anybody reading our code.
    """
    about = json.loads(project.pulumi("about", "--json").out)

    assert about["runtime"]["executable"] == f"{project.folder}/.venv/bin/python"


def test_the_automation_api_takes_the_linked_engine() -> None:
    """
    `PulumiCommand(root=".venv")` finds the engine and reads a version that it accepts.
    """
    command = PulumiCommand(root=str(ROOT / ".venv"))

    assert str(command.version) == "3.259.0"
