"""This machine: Python, packages, the LiveKit client, root certificates, a free core, disk space."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from packaging.requirements import InvalidRequirement, Requirement

from liveavatar_ops.doctor.core import check_core, read_busy
from liveavatar_ops.doctor.finding import Check, Finding, broken, broken_by, ok, single, skipped, warning
from liveavatar_ops.health.clip_size import SPOOL_BYTES
from liveavatar_ops.health.ledger import LedgerError
from liveavatar_ops.health.places import folder_problem, is_there
from pulumi_liveavatar.api.way_out import unusable_roots

GROUP, DISK_GROUP = "This machine", "Disk"
DISTRIBUTION = "liveavatar-ops"
OLDEST_PYTHON = (3, 11)
IMPORT_S = 20.0
LITTLE_BYTES, TOO_LITTLE_BYTES = 1024**3, 100 * 1024**2
"""A check's evidence is about a megabyte; with `--record` a minute of clip is about ten."""
ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where Linux distributions keep the roots that the LiveKit client takes (video health facts A)."""
ASK_LIVEKIT = (
    "import importlib.metadata as m; from livekit import rtc; "
    "rtc.Room; print(m.version('livekit'), flush=True); import os; os._exit(0)"
)
REINSTALL = "Run `make setup`, or `pip install --upgrade liveavatar-ops`"

Run = Callable[[Sequence[str], float], "subprocess.CompletedProcess[str]"]


def checks(state_dir: Callable[[], Path], evidence_dir: Path) -> list[Check]:
    """The checks of both groups."""
    return [
        single(
            GROUP, "Python", lambda name: check_python(name, sys.version_info[:3], platform.libc_ver()[0])
        ),
        single(GROUP, "Packages", lambda name: check_packages(name, required(), installed)),
        single(GROUP, "LiveKit client", check_livekit, within_s=IMPORT_S + 2),
        single(
            GROUP,
            "Root certificates",
            lambda name: check_roots(name, sys.platform, map(Path, ROOTS), os.environ),
        ),
        single(GROUP, "Free core", lambda name: check_core(name, read_busy())),
        single(DISK_GROUP, "State", lambda name: check_state(name, state_dir)),
        single(DISK_GROUP, "Evidence", lambda name: check_disk(name, evidence_dir, "--evidence")),
        single(DISK_GROUP, "Working folder", check_working_folder),
    ]


def run(command: Sequence[str], timeout_s: float) -> "subprocess.CompletedProcess[str]":
    """A child process with a time limit and nothing to read. Raises OSError, TimeoutExpired."""
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False,
        encoding="utf-8", errors="replace",
    )  # fmt: skip


def check_python(name: str, version: tuple[int, ...], libc: str, system: str = sys.platform) -> Finding:
    """Version, and on Linux glibc: the LiveKit client has no wheel for musl (video health facts A)."""
    written = ".".join(map(str, version))
    if version[:2] < OLDEST_PYTHON:
        return broken(name, f"{written} is too old", "Install Python 3.11 or newer and run `make setup`")
    if system == "linux" and libc != "glibc":
        cure = "Use an image with glibc, such as python:3.11-slim-bookworm; Alpine has none"
        return broken(name, f"{written} without glibc", cure)
    return ok(name, f"{written} on {platform.system()} {platform.machine()}")


def required() -> list[str]:
    """What our own distribution says that it needs; empty when it is not installed as one."""
    try:
        return importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def installed(package: str) -> str | None:
    """The version of a package here."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_packages(name: str, wanted: Iterable[str], find: Callable[[str], str | None]) -> Finding:
    """Every package that is needed without an extra, against its range; all mistakes at once."""
    wrong, count = [], 0
    for line in wanted:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        count += 1
        found = find(requirement.name)
        if found is None:
            wrong.append(f"{requirement.name} is missing")
        elif not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} is {found} and must be {requirement.specifier}")
    if wrong:
        return broken(name, "; ".join(wrong), REINSTALL)
    if not count:
        return warning(name, f"{DISTRIBUTION} is not installed as a package", REINSTALL)
    return ok(name, f"{count} needed, all fit")


def check_livekit(name: str, run: Run = run) -> Finding:
    """Imported in a process of its own: its native part may take the process with it."""
    try:
        done = run([sys.executable, "-c", ASK_LIVEKIT], IMPORT_S)
    except subprocess.TimeoutExpired:
        return broken(name, f"did not load within {IMPORT_S:.0f} s", "Look at the machine's load and disk")
    except OSError as why:
        return broken(name, f"Python cannot start a child ({type(why).__name__})", REINSTALL)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        cure = f"{REINSTALL}; its wheels need glibc 2.28 or newer, macOS, or Windows"
        return broken(name, f"cannot be loaded ({last[:120]})", cure)
    return ok(name, f"livekit {done.stdout.strip()} loads")


def check_roots(
    name: str, system: str, places: Iterable[Path], environ: Mapping[str, str] = MappingProxyType({})
) -> Finding:
    """Slim images come without; then the LiveKit client says UnknownIssuer. Variables come first."""
    if found := unusable_roots(environ):
        return broken(name, found.sentence, found.cure)
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if value := environ.get(variable):
            return ok(name, f"{value} ({variable})")
    if system != "linux":
        return skipped(name, "the system keeps them itself")
    for place in places:
        if place.is_file() and place.stat().st_size:
            return ok(name, str(place))
    cure = "Install them: `apt-get install ca-certificates` (or `dnf install ca-certificates`)"
    return broken(name, "none found: no TLS connection of the LiveKit client will succeed", cure)


def check_state(name: str, find: Callable[[], Path]) -> Finding:
    """The same for the folder of ledger and watcher, if anything says where it is."""
    try:
        return check_disk(name, find(), "LIVEAVATAR_OPS_STATE")
    except LedgerError as nowhere:
        return broken_by(name, nowhere)


def check_disk(
    name: str,
    folder: Path,
    knob: str,
    *,
    hint: str = "",
    free_at: Callable[[Path], int] = lambda place: shutil.disk_usage(place).free,
    may_write: Callable[[Path], bool] = lambda place: os.access(place, os.W_OK | os.X_OK),
    cannot_be_made: Callable[[Path], str | None] = folder_problem,
) -> Finding:
    """Space and the right to write, where the folder is or would be made. Leaves nothing behind."""
    there = next((place for place in (folder, *folder.parents) if is_there(place)), Path("/"))
    if not there.is_dir():
        return broken(name, f"{there} is a file, not a folder", f"Name another folder with {knob}")
    if not may_write(there):
        return broken(
            name, f"{there} may not be written to", f"Make it writable, or name another with {knob}"
        )
    if why := cannot_be_made(folder):
        return broken(name, why.partition(";")[0], f"Name another folder with {knob}")
    free = free_at(there)
    words = f"{_size(free)} free at {folder}"
    cure = f"Make room, or name another folder with {knob}{hint}"
    if free < TOO_LITTLE_BYTES:
        return broken(name, words, cure)
    return warning(name, words, cure) if free < LITTLE_BYTES else ok(name, words)


def check_working_folder(
    name: str,
    *,
    find: Callable[[], str] = tempfile.gettempdir,
    free_at: Callable[[Path], int] = lambda place: shutil.disk_usage(place).free,
) -> Finding:
    """Where a check works while it runs."""
    try:
        folder = Path(find())
    except OSError:  # it tries several, and writes into each
        return broken(name, "no folder for temporary files can be written to", "Name one with TMPDIR")
    hint = f"; `--record` keeps up to {_size(SPOOL_BYTES)} there"
    return check_disk(name, folder, "TMPDIR", hint=hint, free_at=free_at)


def _size(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= LITTLE_BYTES else f"{count // 1024**2} MB"
