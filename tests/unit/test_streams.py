"""The command's streams: gone, full, closed, of another alphabet; none of it decides how a command ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from liveavatar_ops import streams
from tests.support.full_disk import FULL

COMMAND = [sys.executable, "-c", "from liveavatar_ops.cli import main; main()"]
ENV = {name: value for name, value in os.environ.items() if not name.startswith("LIVEAVATAR_")}


def run(words: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """One command line of a shell in which `ops` is the command; its end, with what it said."""
    script = f'ops() {{ "${{COMMAND[@]}}" "$@"; }}; COMMAND=("$@"); {words}'
    return subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND],
        env=ENV | (env or {}), stdin=subprocess.DEVNULL, capture_output=True, check=False,
        text=True, errors="replace",
    )  # fmt: skip


@pytest.mark.parametrize(
    "words", ["health explain", "health janitor", "rehearse --list", "--help", "--version"]
)
def test_a_reader_that_has_left_does_not_change_the_exit_code(words: str, tmp_path: Path):
    """The work was done; `| head -1` is how people look at it."""
    done = run(f"ops {words} | true; echo ${{PIPESTATUS[0]}}", state(tmp_path))

    assert (done.stdout, done.stderr) == ("0\n", "")


@FULL
@pytest.mark.parametrize("words", ["health check", "health watch", "rehearse --fault nonsense", "nonsense"])
def test_complaints_that_cannot_be_written_do_not_change_the_exit_code(words: str, tmp_path: Path):
    """What was typed is wrong, whether or not somebody hears it."""
    done = run(f"ops {words} 2>/dev/full", state(tmp_path))

    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]


@pytest.mark.parametrize("closed", CLOSED)
@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param("--version", 0, id="version"),
        pytest.param("health explain", 0, id="explain"),
        pytest.param("health janitor", 0, id="janitor"),
        pytest.param("health check", 2, id="check"),
        pytest.param("health watch --dry-run", 2, id="watch"),
        pytest.param("rehearse --list", 0, id="rehearse"),
    ],
)
def test_a_stream_that_was_closed_before_the_start_is_none_of_the_commands_business(
    words: str, code: int, closed: str, tmp_path: Path
):
    """As a service manager or a careful script starts it; nor may a file of ours become that stream."""
    done = run(f"ops {words} {closed}", state(tmp_path))

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_command_opens_never_becomes_its_closed_output(tmp_path: Path):
    """The first file that is opened takes the lowest free number; words for people would go into it."""
    code = (
        "from liveavatar_ops import streams; streams.make_usable(); import sys\n"
        f"file = open({str(tmp_path / 'ledger')!r}, 'w'); print('words'); sys.stdout.flush()\n"
        "print('more', file=sys.stderr)\n"
        "import subprocess; subprocess.run(['echo', 'words of a child'])"
    )
    run_closed = ["bash", "-c", 'exec "$@" >&- 2>&-', "bash", sys.executable, "-c", code]
    subprocess.run(run_closed, check=True)

    assert (tmp_path / "ledger").read_text() == ""


ALPHABETS = [
    pytest.param({"PYTHONIOENCODING": "latin-1"}, id="latin-1"),
    pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="ascii"),
]


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("words", ["health explain", "rehearse --list", "--help"])
def test_a_terminal_without_a_sign_shows_another(words: str, alphabet: dict[str, str], tmp_path: Path):
    """Output that is a little plainer is better than none."""
    done = run(f"ops {words}", state(tmp_path) | alphabet)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_what_stands_for_a_sign_can_be_told_apart():
    """A healthy avatar's sign is not that of an inconclusive one; a byte that is no letter is a number."""
    shown = "✓ ✗ ? … \udcff 漢".encode("latin-1", streams.PLAIN)

    assert shown == b"+ x ? ... \\udcff ?"


@FULL
def test_only_an_error_of_the_output_is_called_one(tmp_path: Path):
    """Any other is told as what it is, with its place."""
    code = "from liveavatar_ops.entry import run; run(lambda: open('/no/such/place'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == (
        "liveavatar-ops: this machine did not let it be done: /no/such/place: no such file or directory. "
        "`liveavatar-ops doctor` says more.\n"
    )


def test_a_log_counts_the_lines_that_nobody_reads():
    """The watcher's figures tell of them, although nothing is raised any more."""
    code = (
        "import sys\nfrom liveavatar_ops import streams\nfrom liveavatar_ops.schedule.log import Log\n"
        "streams.make_usable(); log = Log(); sys.stdin.readline()\n"
        "log.say('watcher.stopped'); log.say('watcher.stopped'); print(log.lost(), file=sys.stderr)"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as writer:
        assert writer.stdout is not None
        writer.stdout.close()
        _, said = writer.communicate("the reader has left\n")

    assert said == "2\n"


def state(tmp_path: Path) -> dict[str, str]:
    """A key, and a state directory of the test's own."""
    return {"LIVEAVATAR_API_KEY": "k" * 20, "LIVEAVATAR_OPS_STATE": str(tmp_path / "state")}
