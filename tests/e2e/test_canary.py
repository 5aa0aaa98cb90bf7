"""A known key value, searched for wherever an `up` may leave a trace."""

import base64
import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.engine import Project

pytestmark = pytest.mark.engine

CANARY = "sk-canary-7f3a9c51d2e84b06a1f5c3"
API_CANARY = "la-canary-0d9b64e2f7a14c8e93b5a6"


def forms(value: str) -> list[bytes]:
    """The value as it is, and as base64 and hex would show it."""
    raw = value.encode()
    shifted = [base64.b64encode(b" " * n + raw)[4:-4] for n in range(3)]
    return [raw, raw.hex().encode(), *shifted, raw[::-1]]


def places_with(value: str, folder: Path) -> list[str]:
    """Files below a folder that hold the value in any form."""
    wanted = forms(value)
    files = [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
    return [str(p) for p in files if any(form in p.read_bytes() for form in wanted)]


class ProcessTable:
    """Reads every process's argument list again and again, from another thread."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "ProcessTable":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(file.read_bytes())
                except OSError:
                    continue
            time.sleep(0.01)


@pytest.fixture
def canary(world: SimpleNamespace, project: Project) -> SimpleNamespace:
    world.aws.put("dev/liveavatar/openai", CANARY)
    return SimpleNamespace(world=world, project=project)


def test_the_key_is_nowhere_after_an_up(canary: SimpleNamespace, tmp_path: Path) -> None:
    """State, exported stack, logs at the highest verbosity, pickles, event streams and the process table."""
    project: Project = canary.project
    with ProcessTable() as processes:
        project.up("--logtostderr", "-v=11", "--logflow")
        project.pulumi(
            "stack", "export", "--show-secrets", "--stack", "dev", "--file", str(tmp_path / "export.json")
        )
        project.refresh("--logtostderr", "-v=11")
    for number, done in enumerate(project.ran):
        (tmp_path / f"said-{number}.txt").write_text(done.out + done.err)
    pickles = [
        base64.b64decode(r["inputs"]["__provider"])
        for r in json.loads((tmp_path / "export.json").read_text())["deployment"]["resources"]
        if "__provider" in r.get("inputs", {})
    ]

    assert any(b"pulumi.dynamic" in row for row in processes.seen), (
        "the table was read while the provider ran"
    )
    assert len(pickles) == 5, "every resource of ours carries its provider"
    assert all(b"pulumi_liveavatar" in p for p in pickles)
    for value in (CANARY, canary.world.emulator.api_key):
        assert places_with(value, tmp_path) == []
        assert not [row for row in processes.seen if value.encode() in row]
        assert not [p for p in pickles if value.encode() in p]
    assert project.ran[1].err.count("\n") > 200, "the log was at its highest verbosity"


def test_the_search_would_find_it(tmp_path: Path) -> None:
    """The search sees the value in each form it looks for, or its silence would prove nothing."""
    (tmp_path / "plain").write_text(f"x{CANARY}y")
    (tmp_path / "base64").write_bytes(base64.b64encode(f'{{"k": "{CANARY}"}}'.encode()))

    assert len(places_with(CANARY, tmp_path)) == 2


@pytest.mark.parametrize("status", [400, 422, 500])
def test_the_key_is_in_no_error(canary: SimpleNamespace, tmp_path: Path, status: int) -> None:
    """A refusal that quotes what was sent is shown without it."""
    fault = {"name": "server_error", "status": status, "echo": 1}
    canary.world.emulator.admin(
        "POST",
        "/faults",
        {"fault": fault, "on": "call", "method": "POST", "path": "/v1/secrets", "times": 9},
    )

    failed = canary.project.up("--logtostderr", "-v=11", may_fail=True)

    assert failed.code != 0
    assert CANARY not in failed.out + failed.err
    assert "Traceback" not in failed.out
