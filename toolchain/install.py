#!/usr/bin/env python3
"""
Finds or makes the engines this project runs: Pulumi with its Python host, and the LiveKit server.

For each, in this order: a fitting one on PATH, one made earlier, the official download, a build from
Go modules. Results lie outside the work tree (LIVEAVATAR_OPS_TOOLCHAIN, else the user's cache), under
a key made of the pins, so that a second clone makes nothing. Links go into .venv/bin.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (whoever runs this may have any Python; they get a sentence)
    sys.exit("toolchain/install.py needs Python 3.11 or newer; this is " + sys.version.split()[0])
if sys.platform == "win32":
    sys.exit("toolchain/install.py runs on Linux and macOS; on Windows use WSL")

import argparse
import json
import os
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from installer import pins, sources, store
from installer.problems import ToolchainError
from installer.progress import Screen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOOLCHAIN = Path(__file__).resolve().parent
ROOT = TOOLCHAIN.parent
SOURCES = ("path", "download", "build")


class Installer:
    """Takes one engine after the other through its sources."""

    def __init__(self, *, environ: Mapping[str, str], screen: Screen, allowed: Sequence[str]) -> None:
        self.environ, self.screen, self.allowed = environ, screen, allowed
        self.root = store.cache_root(environ)

    def get(self, engine: pins.Engine) -> store.Found:
        """An engine that works; ToolchainError tells what each source said and what to do."""
        said: list[str] = []
        for source in self.allowed:
            # What was made earlier is as good as a download, and comes right after the user's own.
            if source != "path" and (found := self._made_earlier(engine)):
                return found
            try:
                return self._from(source, engine)
            except ToolchainError as problem:
                said.append(f"  {source}: {problem}")
                if source == "download":
                    self.screen.line(f"{engine.title}: {problem}")
        what = f"{engine.title} {engine.version} is not to be had:"
        raise ToolchainError("\n".join([what, *said, _advice(engine)]))

    def _made_earlier(self, engine: pins.Engine) -> store.Found | None:
        found = store.cached(self.root, engine)
        return found if found and found.source in self.allowed else None

    def _from(self, source: str, engine: pins.Engine) -> store.Found:
        if source == "path":
            return sources.on_path(engine, self.environ, cache=self.root)
        fill = (
            partial(sources.download, engine, screen=self.screen)
            if source == "download"
            else partial(sources.build, engine, screen=self.screen, environ=self.environ)
        )
        return store.make(
            self.root,
            engine,
            source,
            fill,
            accept=self.allowed,
            environ=self.environ,
            waiting_for=lambda who: self.screen.line(
                f"{engine.title}: waiting for {who}: it makes this already"
            ),
        )


def _advice(engine: pins.Engine) -> str:
    return (
        f"What to do: install Go (then it is built here), or put {engine.title} {engine.version} on PATH, "
        "or allow the download; then run `python3 toolchain/install.py` again."
    )


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="toolchain/install.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--link",
        type=Path,
        default=ROOT / ".venv" / "bin",
        metavar="DIR",
        help="where links to the binaries go (default: .venv/bin of this project)",
    )
    parser.add_argument("--no-link", action="store_true", help="make no links")
    parser.add_argument("--only", choices=("pulumi", "livekit"), help="this engine alone")
    parser.add_argument("--from", choices=SOURCES, dest="source", help="from this source alone")
    parser.add_argument("--print-bin", action="store_true", help="print the directories of the binaries")
    parser.add_argument("--json", action="store_true", help="print what was installed as JSON")
    return parser.parse_args(argv)


def install(options: argparse.Namespace, environ: Mapping[str, str], screen: Screen) -> list[store.Found]:
    """Does what the command line asks for and returns what is there now."""
    installer = Installer(
        environ=environ,
        screen=screen,
        allowed=(options.source,) if options.source else SOURCES,
    )
    found = []
    for engine in pins.chosen(pins.engines(TOOLCHAIN), options.only):
        one = installer.get(engine)
        if not options.no_link:
            store.link(one, options.link)
        screen.line(f"{engine.title} {engine.version} is ready (from {one.source}: {one.directory})")
        found.append(one)
    return found


def report(found: Sequence[store.Found], options: argparse.Namespace) -> str:
    """What goes to standard output: nothing, directories, or JSON."""
    if options.json:
        return json.dumps(
            {
                one.engine.name: {
                    "version": one.engine.version,
                    "source": one.source,
                    "bin": str(one.directory),
                    "files": {name: str(path) for name, path in one.files.items()},
                }
                for one in found
            },
            indent=2,
        )
    return "\n".join(str(one.directory) for one in found) if options.print_bin else ""


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Returns 0, 1 if an engine could not be had, 130 after Ctrl-C."""
    options = arguments(sys.argv[1:] if argv is None else argv)
    screen = Screen(sys.stderr)
    for name in (signal.SIGTERM, signal.SIGHUP):
        # Whoever started us by nohup is obeyed; nobody means that of SIGTERM.
        if name is signal.SIGTERM or signal.getsignal(name) is not signal.SIG_IGN:
            signal.signal(name, _stop)
    try:
        found = install(options, os.environ, screen)
    except ToolchainError as problem:
        screen.line(f"toolchain: {problem}")
        return 1
    except OSError as problem:  # a full disk, a directory that is not ours
        where = problem.filename or "the system"
        screen.line(f"toolchain: {where}: {problem.strerror}; put that right and run again")
        return 1
    except KeyboardInterrupt:
        screen.line("toolchain: stopped; nothing half-made is left, run it again to go on")
        return 130
    if text := report(found, options):
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
