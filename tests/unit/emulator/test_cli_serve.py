"""The command: what it says, what it refuses, what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from liveavatar_emulator.cli import app
from tests.support.emulator import running_emulator, start_emulator, wait_gone
from tests.support.emulator_in_process import JUNE


def test_help_tells_what_a_user_needs() -> None:
    """
    The help names every environment variable, the exit codes, and examples; that of serve every flag.
    """
    told = CliRunner().invoke(app, ["--help"]).output
    serve = CliRunner().invoke(app, ["serve", "--help"]).output

    for variable in ("API_KEY", "OPENAI_KEYS", "OPENAI_URL", "LIVEKIT"):
        assert f"LIVEAVATAR_EMULATOR_{variable}" in told
    assert "Exit codes: 0" in told
    for flag in (
        "--json",
        "--state",
        "--ephemeral",
        "--no-media",
        "--fault",
        "--scenario",
        "--die-with-parent",
    ):
        assert flag in serve


def test_the_version_is_told() -> None:
    """
    In one line, for a bug report.
    """
    told = CliRunner().invoke(app, ["--version"])

    assert (told.exit_code, told.output.split()[0]) == (0, "liveavatar-emulator")


def test_every_fault_is_listed() -> None:
    """
    ``faults`` prints one line a fault, in the form the flag takes.
    """
    told = CliRunner().invoke(app, ["faults"]).output

    assert "late_avatar:delay_s=20.0" in told
    assert "hang_before" in told


@pytest.mark.parametrize(
    ("flags", "env", "says"),
    [
        (["--fault", "frosen"], {}, ["--fault no fault is called 'frosen'; did you mean 'frozen'?"]),
        (["--fault", "slow:x=1", "--fault", "nope"], {}, ["fault slow does not take x", "'nope'"]),
        (["--fault", "frozen:times=0"], {}, ["times: should be greater than or equal to 1"]),
        (["--fault", "reset:path=a{99999999999999}"], {}, ["path is no regular expression: the repetition"]),
        (["--fault", f"mute:times={'9' * 5000}"], {}, ["9…: times: Unable to parse"]),
        (["--scenario", "/no/such/file"], {}, ["/no/such/file: cannot be read"]),
        (["--state", "a.db", "--ephemeral"], {}, ["exclude each other"]),
        (["--no-media", "--state", "/dev/null/x"], {}, ["cannot use /dev/null/x as state"]),
        ([], {"LIVEAVATAR_EMULATOR_LIVEKIT": "/no/server"}, ["names no file: /no/server"]),
    ],
)
def test_a_mistake_is_one_plain_line_each(flags: list[str], env: dict[str, str], says: list[str]) -> None:
    """
    Exit code 2, one line a mistake, all mistakes, no traceback.
    """
    ended = CliRunner().invoke(app, ["serve", *flags], env=env)

    lines = ended.stderr.splitlines()
    assert ended.exit_code == 2
    assert len(lines) == len(says)
    for line, sentence in zip(lines, says, strict=True):
        assert line.startswith("liveavatar-emulator: ")
        assert sentence in line


@pytest.mark.parametrize("many", ["inf", "nan", "1e400"])
def test_credits_without_end_are_refused(many: str) -> None:
    """
    A number that cannot be counted with is a mistake like another: exit code 2, no traceback.
    """
    ended = CliRunner().invoke(app, ["serve", "--no-media", "--ephemeral", "--credits", many])

    assert ended.exit_code == 2
    assert "Invalid value for '--credits'" in ended.stderr


def test_a_port_in_use_is_said() -> None:
    """
    The sentence names the port and the way out.
    """
    with running_emulator(media=False) as emulator:
        port = emulator.api_url.rpartition(":")[2]
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "liveavatar_emulator",
                "serve",
                "--no-media",
                "--ephemeral",
                "--port",
                port,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ended.returncode == 2
    assert ended.stderr.strip().endswith("--port 0 lets the system pick one")
    assert port in ended.stderr


def test_the_ready_line_holds_every_address() -> None:
    """
    One JSON line on standard output, and every address in it answers.
    """
    with running_emulator(media=False, env={"LIVEAVATAR_EMULATOR_API_KEY": "my-own-key"}) as emulator:
        assert emulator.api_key == "my-own-key"
        assert emulator.openai_url == f"{emulator.api_url}/openai/v1"
        assert emulator.admin_url == f"{emulator.api_url}/_emulator"
        assert emulator.call("GET", "/v1/secrets").status_code == 200
        assert emulator.admin("GET", "/health")["ok"] is True
        assert emulator.pid == emulator.process.pid


@pytest.mark.parametrize("how", ["stdin", "SIGTERM", "SIGINT"])
def test_it_ends_when_told(how: str) -> None:
    """
    End of standard input, SIGTERM and Ctrl-C end it with code 0.
    """
    with running_emulator(media=False) as emulator:
        if how == "stdin":
            assert emulator.stop() == 0
        else:
            emulator.process.send_signal(signal.Signals[how])
            assert emulator.process.wait(30) == 0


def test_a_killed_emulator_starts_again_where_it_was(tmp_path: Path) -> None:
    """
    After SIGKILL the objects are there, the running session is ended SERVER_ERROR, a minted one starts.
    """
    state = tmp_path / "state.db"
    first = start_emulator(media=False, state=state)
    body = {"mode": "LITE", "avatar_id": JUNE}
    first.call("POST", "/v1/contexts", {"name": "kept", "prompt": "p", "opening_text": ""})
    running, waiting = (first.call("POST", "/v1/sessions/token", body).json()["data"] for _ in range(2))
    start(first.api_url, running["session_token"])
    first.kill()

    with running_emulator(media=False, state=state) as second:
        ended = second.call("GET", "/v1/sessions?type=historic").json()["data"]["results"]
        assert [(one["id"], one["end_reason"]) for one in ended] == [(running["session_id"], "SERVER_ERROR")]
        assert second.call("GET", "/v1/contexts").json()["data"]["results"][0]["name"] == "kept"
        assert start(second.api_url, waiting["session_token"]) == 201


def test_a_child_of_a_killed_parent_ends_too(tmp_path: Path) -> None:
    """
    With --die-with-parent the emulator ends when whoever started it is killed.
    """
    script = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-m', 'liveavatar_emulator', 'serve', '--json', '--no-media',"
        " '--ephemeral', '--die-with-parent'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "print(p.stdout.readline().decode(), flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = json.loads(parent.stdout.readline())["pid"]
        parent.kill()

    assert wait_gone({pid}) == set()


def test_no_key_is_written_down(tmp_path: Path) -> None:
    """
    Neither the API key, nor a secret's value, nor a session token is in the log or the process list.
    """
    log = tmp_path / "log"
    env = {
        "LIVEAVATAR_EMULATOR_API_KEY": "canary-api-key",
        "LIVEAVATAR_EMULATOR_OPENAI_KEYS": "canary-openai-key",
    }
    with running_emulator(media=False, env=env, log=log) as emulator:
        secret = {"secret_name": "s", "secret_type": "OPENAI_API_KEY", "secret_value": "canary-value"}
        secret_id = emulator.call("POST", "/v1/secrets", secret).json()["data"]["id"]
        emulator.call("POST", "/v1/secrets", {**secret, "secret_type": "?"})
        body = {"mode": "LITE", "avatar_id": JUNE, "openai_realtime_config": {"secret_id": secret_id}}
        token = emulator.call("POST", "/v1/sessions/token", body).json()["data"]["session_token"]
        start(emulator.api_url, token)
        processes = {emulator.pid, *emulator.children()}
        arguments = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes)

    written = arguments + log.read_bytes()
    assert b"session.started" in written
    for canary in (b"canary", token.encode()):
        assert canary not in written


def test_state_is_kept_where_the_desktop_says(tmp_path: Path) -> None:
    """
    Without flags, state goes under XDG_STATE_HOME.
    """
    ended = subprocess.Popen(
        [sys.executable, "-m", "liveavatar_emulator", "serve", "--json", "--no-media", "--die-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
    )
    assert ended.stdout is not None
    ready = json.loads(ended.stdout.readline())
    ended.communicate(timeout=60)

    assert ready["state"] == str(tmp_path / "liveavatar-emulator" / "state.db")
    assert (tmp_path / "liveavatar-emulator" / "state.db").is_file()


def start(api_url: str, token: str) -> int:
    """Start a session; the status."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{api_url}/v1/sessions/start", headers=headers, timeout=30).status_code
