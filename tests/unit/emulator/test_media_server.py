"""The media server's keeper, with a server that cannot run."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from liveavatar_emulator.livekit_server import LiveKitServer
from liveavatar_emulator.refusal import Refusal


def broken(tmp_path: Path) -> Path:
    """A program that ends at once with a reason."""
    program = tmp_path / "livekit-server"
    program.write_text("#!/bin/sh\necho tried >> $0.tries\necho 'no such device' >&2\nexit 1\n")
    program.chmod(0o755)
    return program


def test_a_server_that_cannot_run_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    """
    After a few tries the keeper stops trying, and whoever waits is told why.
    """

    async def scene() -> None:
        server = LiveKitServer(broken(tmp_path))
        await server.keep_running()
        with pytest.raises(Refusal, match="cannot run: no such device") as told:
            await server.ready()
        assert told.value.status == 500
        await server.shut()

    asyncio.run(scene())

    assert (tmp_path / "livekit-server.tries").read_text().count("tried") == 4


ANSWERING = """#!{python}
import http.server, json, os, sys
from pathlib import Path
class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", json.loads(os.environ["LIVEKIT_CONFIG"])["port"]), Door)
Path(sys.argv[0] + ".pid").write_text(str(os.getpid()))
server.serve_forever()
"""


def test_a_server_that_died_unseen_is_not_taken_for_ready(tmp_path: Path) -> None:
    """
    Of a server's death we hear when its guard has ended; whoever asks before that waits for the next server.
    """
    program = tmp_path / "livekit-server"
    program.write_text(ANSWERING.format(python=sys.executable))
    program.chmod(0o755)

    async def scene() -> None:
        server = LiveKitServer(program)
        running = asyncio.create_task(server.keep_running())
        await server.ready()
        assert server._process is not None
        guard = server._process
        guard.send_signal(signal.SIGSTOP)  # it cannot tell us anything now
        os.kill(int(Path(f"{program}.pid").read_text()), signal.SIGKILL)
        asked = asyncio.create_task(server.ready())
        early, _ = await asyncio.wait({asked}, timeout=0.5)
        guard.send_signal(signal.SIGCONT)
        await asked
        running.cancel()
        await server.shut()

        assert early == set()
        assert server._process is not guard

    asyncio.run(scene())


def test_its_keys_are_in_no_command_line(tmp_path: Path) -> None:
    """
    Key and secret travel in the environment, which only the owner can read.
    """
    program = tmp_path / "livekit-server"
    program.write_text(
        '#!/bin/sh\ntr "\\0" " " < /proc/$$/cmdline > $0.arguments\necho "$LIVEKIT_CONFIG" > $0.config\n'
    )
    program.chmod(0o755)

    async def scene() -> str:
        server = LiveKitServer(program)
        await server.keep_running()
        await server.shut()
        return server._secret

    secret = asyncio.run(scene())

    assert secret in Path(f"{program}.config").read_text()
    assert secret not in Path(f"{program}.arguments").read_text()
    assert os.fspath(program) in Path(f"{program}.arguments").read_text()
