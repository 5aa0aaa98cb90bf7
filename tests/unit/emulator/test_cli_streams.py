"""The command where its streams, its home or its working directory are not what they should be."""

import contextlib
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from liveavatar_emulator.cli import app
from tests.support.full_disk import FULL

EMULATOR = [sys.executable, "-m", "liveavatar_emulator"]


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&- <&-", pytest.param(">/dev/full", marks=FULL)])
def test_it_serves_whether_or_not_somebody_reads_where(closed: str, tmp_path: Path) -> None:
    """
    A stream that is closed or full hinders nothing: its API answers on the port that it was given.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = f"exec {shlex.join(EMULATOR)} serve --ephemeral --no-media --port {port} {closed}"
    with subprocess.Popen(["/bin/sh", "-c", command], cwd=tmp_path) as serving:
        try:
            answered = _answers(f"http://127.0.0.1:{port}/_emulator/sessions", serving)
        finally:
            serving.terminate()

    assert answered == 200
    assert serving.returncode == 0


def _answers(url: str, serving: "subprocess.Popen[bytes]") -> int | None:
    for _ in range(600):
        if serving.poll() is not None:
            return None
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url).status_code
        time.sleep(0.1)
    return None


@FULL
def test_a_list_that_finds_no_place_is_one_line() -> None:
    """
    As on a full disk.
    """
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(
            [*EMULATOR, "faults"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert told.returncode == 2
    assert told.stderr == "liveavatar-emulator: the output could not be written: No space left on device\n"


def test_an_unknown_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A user without an entry in the system's list, as in a container; in memory it needs none.
    """
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: (_ for _ in ()).throw(KeyError("nobody")))
    told = CliRunner().invoke(app, ["serve", "--no-media"])

    assert told.exit_code == 2
    assert "set XDG_STATE_HOME, or use --ephemeral" in told.stderr


def test_a_working_directory_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A relative place is nowhere then.
    """
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    told = CliRunner().invoke(app, ["serve", "--no-media", "--state", "s.db"])
    monkeypatch.chdir(tmp_path)

    assert told.exit_code == 2
    assert "--state: the working directory cannot be used" in told.stderr
