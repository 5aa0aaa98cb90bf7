"""The three places an engine can come from: this machine's PATH, the official download, a build."""

import os
import re
import shutil
import tarfile
import tempfile
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from installer.child import run
from installer.pins import Engine
from installer.problems import NotHere, StepFailed
from installer.progress import Screen, Step
from installer.store import Found, version_of

# A network that does not answer is the usual case behind a firewall; nobody should wait for it long.
_NETWORK_TIMEOUT_S = 8.0
_CHUNK = 1 << 18

Opener = Callable[..., Any]


def on_path(engine: Engine, environ: Mapping[str, str], *, cache: Path) -> Found:
    """
    A fitting engine that the user installed.

    Its helpers must lie beside the real binary: only there does the engine find them when it is
    started through our link by somebody with another PATH. What lies in our `cache` is not the user's:
    in an activated environment PATH leads there by our own links.
    """
    rejected = []
    for binary in _candidates(engine.main_binary, environ, cache):
        try:
            version = version_of(engine, binary, environ)
        except StepFailed:
            rejected.append(f"{binary} does not run")
            continue
        if version != engine.version:
            rejected.append(f"{binary} is {version}")
            continue
        absent = [name for name in engine.binaries if not os.access(binary.parent / name, os.X_OK)]
        if absent:
            rejected.append(f"{binary} has no {absent[0]} beside it")
            continue
        return Found(engine, "path", binary.parent)
    raise NotHere("; ".join(rejected) or f"no {engine.main_binary} on PATH")


def _candidates(name: str, environ: Mapping[str, str], cache: Path) -> list[Path]:
    found: list[Path] = []
    for entry in environ.get("PATH", "").split(os.pathsep):
        place = Path(entry) / name
        if not entry or not os.access(place, os.X_OK) or place.is_dir():
            continue
        real = place.resolve()
        if real not in found and not real.is_relative_to(cache.resolve()):
            found.append(real)
    return found


def download(engine: Engine, into: Path, screen: Screen, *, opener: Opener = urllib.request.urlopen) -> None:
    """
    Puts the official release's binaries into a directory.

    The address is HTTPS and the result is run before anything uses it. No checksum is pinned: one
    that nobody here could compare with the publisher's would only look like a proof.
    """
    if engine.download_url is None:
        raise NotHere("there is no official build for this kind of machine")
    host = urlsplit(engine.download_url).hostname
    title = f"{engine.title} {engine.version}: downloading from {host}"
    with screen.step(title) as step, tempfile.TemporaryFile() as archive:
        try:
            with opener(engine.download_url, timeout=_NETWORK_TIMEOUT_S) as answer:
                _receive(answer, archive, step)
        except HTTPError as error:
            raise NotHere(f"{host} answered {error.code} for {engine.download_url}") from None
        except (URLError, OSError, HTTPException) as error:
            raise NotHere(f"{host} could not be reached ({_why(error)})") from None
        archive.seek(0)
        try:
            _unpack(archive, engine, into)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise NotHere(f"what {host} sent is no archive ({error.__class__.__name__})") from None


def _receive(answer: Any, archive: IO[bytes], step: Step) -> None:
    total = int(answer.headers.get("Content-Length") or 0)
    received = 0
    while chunk := answer.read(_CHUNK):
        archive.write(chunk)
        received += len(chunk)
        step.reached(received >> 20, total >> 20, "MB")
    if total and received < total:
        raise OSError("the connection ended early")


def _unpack(archive: IO[bytes], engine: Engine, into: Path) -> None:
    # Only the files we know, by name: nothing in the archive decides where it is written.
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        for member in tar:
            name = Path(member.name).name
            if name in engine.binaries and member.isfile() and (content := tar.extractfile(member)):
                with (into / name).open("wb") as file:
                    shutil.copyfileobj(content, file)
                (into / name).chmod(0o755)


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason) or error.__class__.__name__


def build(engine: Engine, into: Path, screen: Screen, *, environ: Mapping[str, str]) -> None:
    """Compiles the engine from Go modules, with the module proxy that the environment names."""
    # Below the directory that is removed whatever happens, so that an interrupted compiler leaves nothing.
    scratch = into.parent / "compiler"
    scratch.mkdir()
    settings = {**environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOTMPDIR": str(scratch)}
    go = _go(engine, settings)
    common = ["-mod=readonly", *(flag for flag in engine.build_flags if flag.startswith("-tags"))]
    title = f"{engine.title} {engine.version}"
    screen.line(f"{title}: building it from Go modules; the first time this takes some minutes")

    def call(step: str, *arguments: str, on_line: Callable[[str], None] = lambda _: None) -> list[str]:
        return run(step, [go, *arguments], cwd=engine.module_dir, environ=settings, on_line=on_line)

    with screen.step(f"{title}: fetching Go modules") as step:
        lines = call("go list", "list", "-deps", *common, *engine.packages, on_line=_count_downloads(step))
    packages = {line for line in lines if not line.startswith("go: ")}
    with screen.step(f"{title}: compiling") as step:
        call(
            "go build",
            *("build", "-v", "-mod=readonly", "-buildvcs=false", *engine.build_flags),
            *("-o", f"{into}/{engine.output}", *engine.packages),
            on_line=_count_packages(step, packages, engine),
        )
    for module, path in engine.scripts:
        where = call("go list -m", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module)[-1]
        shutil.copyfile(Path(where) / path, into / Path(path).name)
        (into / Path(path).name).chmod(0o755)
    shutil.rmtree(scratch, ignore_errors=True)


def _count_downloads(step: Step) -> Callable[[str], None]:
    def on_line(line: str) -> None:
        if line.startswith("go: downloading "):
            step.reached(step.done + 1, 0, "modules", line.split()[2])

    return on_line


def _count_packages(step: Step, packages: set[str], engine: Engine) -> Callable[[str], None]:
    step.reached(0, len(packages), "packages")
    mains = {package for package in engine.packages if not package.startswith(".")}

    def on_line(line: str) -> None:
        if line in packages:
            now = "linking" if line in mains else line
            step.reached(step.done + 1, step.total, step.unit, now)

    return on_line


def _go(engine: Engine, environ: Mapping[str, str]) -> str:
    """Where a Go that is new enough lies; NotHere says what is wanted."""
    wanted = re.search(r"^go (\S+)", (engine.module_dir / "go.mod").read_text(), re.MULTILINE)
    needed = wanted[1] if wanted else "1.26"
    go = shutil.which("go", path=environ.get("PATH", ""))
    if not go:
        raise NotHere(f"no Go on PATH; {needed} or newer is needed")
    # Asked inside the module, so that a Go that can fetch a newer self answers as that one.
    try:
        said = run("go env", [go, "env", "GOVERSION"], cwd=engine.module_dir, environ=environ)[-1]
    except (StepFailed, IndexError):
        said = _plain_version(go, environ)
    if _numbers(said) < _numbers(needed):
        raise NotHere(f"{go} is {said.removeprefix('go')}, too old; {needed} or newer is needed")
    return go


def _plain_version(go: str, environ: Mapping[str, str]) -> str:
    try:
        words = run("go version", [go, "version"], cwd=Path("/"), environ=environ)[-1].split()
    except (StepFailed, IndexError) as error:
        raise NotHere(f"{go} does not run ({error})") from None
    return next((word for word in words if word.startswith("go1")), "of unknown version")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
