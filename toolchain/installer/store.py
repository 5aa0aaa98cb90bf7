"""Where finished engines lie, outside the work tree, and how only whole ones get there."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from installer.lock import locked
from installer.pins import Engine
from installer.problems import StepFailed, ToolchainError

MANIFEST = "manifest.json"
_CHECK_TIMEOUT_S = 60


@dataclass(frozen=True)
class Found:
    """An engine that works: where it came from and where its files are."""

    engine: Engine
    source: str
    directory: Path

    @property
    def files(self) -> dict[str, Path]:
        return {name: self.directory / name for name in self.engine.binaries}


def cache_root(environ: Mapping[str, str]) -> Path:
    """LIVEAVATAR_OPS_TOOLCHAIN, else the user's cache directory."""
    if given := environ.get("LIVEAVATAR_OPS_TOOLCHAIN"):
        return Path(given).expanduser().absolute()
    cache = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "~").expanduser() / ".cache"
    return Path(cache) / "liveavatar-ops" / "toolchain"


def cached(root: Path, engine: Engine) -> Found | None:
    """The finished engine for these pins, or None. Without a manifest or all files it is not finished."""
    home = root / engine.key()
    try:
        manifest = json.loads((home / MANIFEST).read_text())
        whole = all(
            (home / "bin" / name).stat().st_size == manifest["sizes"][name] for name in engine.binaries
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Found(engine, manifest["source"], home / "bin") if whole else None


def make(
    root: Path,
    engine: Engine,
    source: str,
    fill: Callable[[Path], None],
    *,
    accept: Collection[str],
    environ: Mapping[str, str],
    waiting_for: Callable[[str], None],
) -> Found:
    """
    Lets `fill` put the binaries into a directory, checks that they run, and publishes them in one move.

    Waits if somebody else makes the same engine, and takes theirs if it came out well and its source is
    one to `accept`. Whatever goes wrong, nothing half-made is left where `cached` looks.
    """
    home = root / engine.key()
    _writable(root)
    with locked(root / f"{engine.key()}.lock", waiting_for=waiting_for):
        if (theirs := cached(root, engine)) and theirs.source in accept:
            return theirs
        _sweep(root, engine)
        making = Path(tempfile.mkdtemp(prefix=_prefix(engine), dir=root))
        try:
            (making / "bin").mkdir()
            fill(making / "bin")
            check(engine, making / "bin", environ)
            _write_manifest(making, engine, source)
            shutil.rmtree(home, ignore_errors=True)
            making.rename(home)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return Found(engine, source, home / "bin")


def check(engine: Engine, directory: Path, environ: Mapping[str, str]) -> None:
    """Runs what can be run; ToolchainError if something is missing or is not what it should be."""
    for name in engine.binaries:
        if not os.access(directory / name, os.X_OK):
            raise ToolchainError(f"{name} is missing in {directory}")
    version = version_of(engine, directory / engine.main_binary, environ)
    if version != engine.version:
        raise ToolchainError(f"{directory / engine.main_binary} is {version}, not {engine.version}")
    if engine.name == "pulumi":  # its Python host has no version of its own to ask for
        _output([str(directory / "pulumi-language-python"), "-h"], environ)


def version_of(engine: Engine, binary: Path, environ: Mapping[str, str]) -> str:
    """What a binary says of itself, as a bare number such as `3.259.0`."""
    words = _output([str(binary), *engine.version_arguments], environ).split()
    return words[-1].removeprefix("v") if words else "silent about its version"


def _output(command: list[str], environ: Mapping[str, str]) -> str:
    step = " ".join([Path(command[0]).name, *command[1:]])
    with tempfile.TemporaryDirectory() as scratch:
        quiet = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": scratch}
        try:
            done = subprocess.run(
                command,
                env=quiet,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_CHECK_TIMEOUT_S,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StepFailed(step, f"it did not run ({error.__class__.__name__})") from None
    if done.returncode:
        raise StepFailed(step, f"exit code {done.returncode}", done.stderr.splitlines()[-5:])
    return done.stdout


def link(found: Found, directory: Path) -> list[Path]:
    """
    Points `directory/<name>` at each binary, and returns those links.

    A link is replaced in one move; a real file of that name is somebody else's and is refused.
    """
    if not directory.is_dir():
        raise ToolchainError(
            f"{directory} is not there, so nothing was linked; make the environment first "
            "(python3 -m venv .venv), or name another directory with --link"
        )
    links = []
    for name, target in found.files.items():
        place = directory / name
        if place.exists() and not place.is_symlink():
            raise ToolchainError(f"{place} is no link of ours; move it away and run again")
        new = directory / f".{name}.{os.getpid()}"
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        new.replace(place)
        links.append(place)
    return links


def _writable(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolchainError(
            f"cannot write to {root} ({error.strerror}); set LIVEAVATAR_OPS_TOOLCHAIN to a directory of yours"
        ) from None


def _prefix(engine: Engine) -> str:
    return f".making-{engine.key()}-"


def _sweep(root: Path, engine: Engine) -> None:
    """Removes what a killed run left; we hold the lock, so nobody works in there."""
    for stale in root.glob(f"{_prefix(engine)}*"):
        shutil.rmtree(stale, ignore_errors=True)


def _write_manifest(home: Path, engine: Engine, source: str) -> None:
    sizes = {name: (home / "bin" / name).stat().st_size for name in engine.binaries}
    manifest = {"engine": engine.name, "version": engine.version, "source": source, "sizes": sizes}
    (home / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
