"""Projects on the real engine: a copy of the checkout's program, or a small program of a test's own."""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.secrets_manager import SecretsManager

ROOT = Path(__file__).resolve().parents[2]
OURS = "dynamic/liveavatar:"
PULUMI = ROOT / ".venv" / "bin" / "pulumi"


def named(urn: str) -> str:
    """`Kind logical-name` of a resource."""
    *_, kind, name = urn.split("::")
    return f"{kind.rsplit(':', 1)[-1]} {name}"


@dataclass
class Done:
    """One finished engine command."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The engine's events, when the command was given `--json`."""
        rows = [row for row in self.out.splitlines() if row.startswith("{")]
        return [json.loads(row) for row in rows]

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Every finished step on a resource of ours, in order: operation and `Kind logical-name`."""
        metas = [e["resOutputsEvent"]["metadata"] for e in self.events if "resOutputsEvent" in e]
        return [(m["op"], named(m["urn"])) for m in metas if OURS in m["type"]]

    @property
    def changes(self) -> dict[str, int]:
        """Operations that change something, counted, without what stayed the same."""
        summaries = [e["summaryEvent"]["resourceChanges"] for e in self.events if "summaryEvent" in e]
        return {op: n for op, n in (summaries[-1] if summaries else {}).items() if op != "same" and n}

    @property
    def errors(self) -> list[str]:
        """What the engine said was wrong."""
        said = [e["diagnosticEvent"] for e in self.events if "diagnosticEvent" in e]
        return [d["message"] for d in said if d["severity"] == "error"]


@dataclass
class Project:
    """A project folder and the environment its engine commands run in."""

    folder: Path
    env: dict[str, str]
    stack: str = "dev"
    ran: list[Done] = field(default_factory=list)

    def pulumi(self, *arguments: str, env: Mapping[str, str] | None = None, may_fail: bool = False) -> Done:
        """Run the CLI without a shell and without an activated environment."""
        finished = subprocess.run(
            [PULUMI, *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.env | dict(env or {}),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=600,
            check=False,
        )
        done = Done(finished.returncode, finished.stdout, finished.stderr)
        self.ran.append(done)
        said = f"pulumi {arguments}:\n{done.out[-4000:]}\n{done.err[-4000:]}"
        assert may_fail or done.code == 0, said
        # A provider that is interrupted twice as it ends would stand in the diagnostics of a good run.
        assert "KeyboardInterrupt" not in done.out + done.err, said
        return done

    def init(self) -> "Project":
        """Make the stack."""
        self.pulumi("stack", "init", self.stack)
        return self

    def up(self, *more: str, **kw: Any) -> Done:
        return self.pulumi("up", "--yes", "--skip-preview", "--json", "--stack", self.stack, *more, **kw)

    def refresh(self, *more: str) -> Done:
        return self.pulumi("refresh", "--yes", "--skip-preview", "--json", "--stack", self.stack, *more)

    def destroy(self) -> Done:
        return self.pulumi("destroy", "--yes", "--skip-preview", "--json", "--stack", self.stack)

    def outputs(self) -> dict[str, Any]:
        done = self.pulumi("stack", "output", "--json", "--stack", self.stack)
        outputs: dict[str, Any] = json.loads(done.out)
        return outputs

    def state(self) -> dict[str, Any]:
        done = self.pulumi("stack", "export", "--stack", self.stack)
        state: dict[str, Any] = json.loads(done.out)
        return state

    def resources(self) -> dict[str, dict[str, Any]]:
        """Resources of our kinds in the state, by `Kind logical-name`."""
        found = self.state()["deployment"].get("resources", [])
        return {named(r["urn"]): r for r in found if OURS in r["type"]}


def engine_env(tmp: Path, **more: str) -> dict[str, str]:
    """The least an engine command needs; PATH has neither our binaries nor the environment's."""
    (tmp / "backend").mkdir(parents=True, exist_ok=True)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp),
        "PULUMI_HOME": str(tmp / "pulumi-home"),
        "PULUMI_BACKEND_URL": (tmp / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_OPTION_COLOR": "never",
        "LANG": "C.UTF-8",
        **more,
    }


def shipped_project(tmp: Path, env: Mapping[str, str], stack: str = "dev") -> Project:
    """The checkout's own program and settings, with a stack of its own."""
    return Project(shipped_copy(tmp), dict(env), stack).init()


def shipped_copy(tmp: Path) -> Path:
    """A copy of the checkout's own program and settings."""
    folder = tmp / "project"
    folder.mkdir()
    for name in [
        "Pulumi.yaml",
        *(p.name for p in ROOT.glob("Pulumi.*.yaml") if p.name != "Pulumi.demo.yaml"),
    ]:
        shutil.copy(ROOT / name, folder / name)
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "infra", folder / "infra", symlinks=True, ignore=skip)
    shutil.copytree(ROOT / "policies", folder / "policies", symlinks=True, ignore=skip)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def small_project(tmp: Path, program: str, env: Mapping[str, str], stack: str = "dev") -> Project:
    """A project whose whole program is one text."""
    folder = tmp / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(
        "name: small\nruntime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: .venv\n"
    )
    (folder / "__main__.py").write_text(program)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return Project(folder, dict(env), stack).init()


@contextmanager
def secrets_manager() -> Iterator[SecretsManager]:
    """A real Secrets Manager protocol endpoint, ended afterwards."""
    manager = SecretsManager()
    try:
        yield manager
    finally:
        manager.stop()


def counted(steps: Sequence[tuple[str, str]]) -> Counter[str]:
    """Operations counted."""
    return Counter(op for op, _ in steps)


def tidy_env() -> dict[str, str]:
    """What a child needs of ours and nothing more."""
    return {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "TMPDIR"}}
