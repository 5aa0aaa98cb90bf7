"""The command as a whole: the order of sources, what is said when none has it, Ctrl-C, output."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import install
from installer import pins, store
from installer.pins import Engine
from installer.problems import ToolchainError
from installer.progress import Screen
from tests.support.emulator import wait_gone
from tests.support.processes import until

from . import TOOLCHAIN
from .fakes import GOOD_BUILD, Terminal, archive, executable, fake_engine, fake_go, motor, names

GOOD = {"motor": "echo motor v3.1.4", "motor-host": "true"}


def installer(environ: dict[str, str], terminal: Terminal, allowed=install.SOURCES) -> install.Installer:
    return install.Installer(environ=environ, screen=Screen(terminal), allowed=allowed)


@pytest.fixture
def everywhere(tmp_path: Path) -> Engine:
    """An engine that the user installed, that can be downloaded, and that can be built."""
    motor(tmp_path / "path")
    fake_go(tmp_path / "path", build=GOOD_BUILD)
    return fake_engine(tmp_path / "module", url=archive(tmp_path / "motor.tar.gz", GOOD))


def test_the_users_own_engine_goes_first(
    everywhere: Engine, environ: dict[str, str], terminal: Terminal
) -> None:
    """
    Nothing is fetched or built when a fitting engine is on PATH.
    """
    found = installer(environ, terminal).get(everywhere)

    assert found.source == "path"
    assert not Path(environ["LIVEAVATAR_OPS_TOOLCHAIN"]).exists()


def test_the_download_goes_before_the_build(
    everywhere: Engine, environ: dict[str, str], terminal: Terminal, tmp_path: Path
) -> None:
    """
    A machine that reaches the official release compiles nothing.
    """
    (tmp_path / "path" / "motor").unlink()

    assert installer(environ, terminal).get(everywhere).source == "download"


def test_the_build_comes_last(
    everywhere: Engine, environ: dict[str, str], terminal: Terminal, tmp_path: Path
) -> None:
    """
    Without the other two it is built, and why is said at once, not after minutes.
    """
    (tmp_path / "path" / "motor").unlink()
    (tmp_path / "motor.tar.gz").unlink()

    assert installer(environ, terminal).get(everywhere).source == "build"
    assert "could not be reached" in terminal.getvalue()


def test_a_bad_download_is_followed_by_a_build(
    environ: dict[str, str], terminal: Terminal, tmp_path: Path
) -> None:
    """
    A release that turns out to be another version is dropped, and the next source has its turn.
    """
    fake_go(tmp_path / "path", build=GOOD_BUILD)
    url = archive(tmp_path / "motor.tar.gz", {**GOOD, "motor": "echo motor v9.9.9"})

    found = installer(environ, terminal).get(fake_engine(tmp_path / "module", url=url))

    assert found.source == "build"
    assert "is 9.9.9, not 3.1.4" in terminal.getvalue()


def test_what_was_made_once_is_not_made_again(
    environ: dict[str, str], terminal: Terminal, tmp_path: Path, engine: Engine
) -> None:
    """
    The second run needs neither network nor Go.
    """
    go = fake_go(tmp_path / "path", build=GOOD_BUILD)
    first = installer(environ, terminal).get(engine)
    go.unlink()

    assert installer(environ, terminal).get(engine) == first


def test_one_source_alone_means_that_one(
    everywhere: Engine, environ: dict[str, str], terminal: Terminal
) -> None:
    """
    `--from build` builds although the user has an engine and a downloaded one is in the cache.
    """
    assert installer(environ, terminal, ["download"]).get(everywhere).source == "download"

    assert installer(environ, terminal, ["build"]).get(everywhere).source == "build"


def test_when_nothing_works_every_reason_is_told(
    environ: dict[str, str], terminal: Terminal, tmp_path: Path
) -> None:
    """
    Each source says why not, and the last line says what to do.
    """
    motor(tmp_path / "path", version="1.0.0")
    fake_go(tmp_path / "path", build="echo gear is broken; exit 1")

    with pytest.raises(ToolchainError) as caught:
        installer(environ, terminal).get(fake_engine(tmp_path / "m"))

    text = str(caught.value)
    assert "Motor 3.1.4 is not to be had" in text
    assert "motor is 1.0.0" in text
    assert "no official build for this kind of machine" in text
    assert "gear is broken" in text
    assert text.splitlines()[-1].startswith("What to do: ")


def test_output_for_programs_goes_to_standard_output(tmp_path: Path) -> None:
    """
    `--json` names version, source and files; `--print-bin` gives bare directories.
    """
    found = [store.Found(fake_engine(tmp_path / "m"), "path", tmp_path)]

    as_json = json.loads(install.report(found, install.arguments(["--json"])))
    as_text = install.report(found, install.arguments(["--print-bin"]))

    assert as_json["motor"]["files"]["motor"] == str(tmp_path / "motor")
    assert as_text == str(tmp_path)
    assert install.report(found, install.arguments([])) == ""


def test_ctrl_c_leaves_no_process_and_nothing_half(tmp_path: Path, environ: dict[str, str]) -> None:
    """
    An interrupt in the middle of a build ends the compiler and its children, stubborn ones too.
    """
    pids = tmp_path / "pids"
    # A background process of a shell ignores interrupts: the worst a compiler could start.
    fake_go(tmp_path / "path", build=f"sleep 600 & echo $$ $! > {pids}.new; mv {pids}.new {pids}; wait")
    command = [sys.executable, TOOLCHAIN / "install.py", "--only", "livekit", "--from", "build", "--no-link"]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(pids.exists)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()

    assert process.returncode == 130
    assert "nothing half-made is left" in said
    assert "Traceback" not in said
    assert wait_gone({int(pid) for pid in pids.read_text().split()}, within_s=120) == set()
    livekit = pins.chosen(pins.engines(TOOLCHAIN), "livekit")[0]
    assert names(Path(environ["LIVEAVATAR_OPS_TOOLCHAIN"])) == [f"{livekit.key()}.lock"]


def test_a_failure_is_sentences_and_an_exit_code(tmp_path: Path, environ: dict[str, str]) -> None:
    """
    A user of a machine without Go reads what to do, and a Makefile sees that it failed.
    """
    executable(tmp_path / "path" / "go", "exit 127")
    command = [sys.executable, TOOLCHAIN / "install.py", "--only", "livekit", "--from", "build", "--no-link"]

    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "What to do: " in done.stderr
    assert "Traceback" not in done.stderr
