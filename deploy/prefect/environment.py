"""
Makes the environment in which the Prefect flow runs, and prints its Python.

    python deploy/prefect/environment.py

Kept outside the work tree under a key of its pins, so that a second clone builds nothing. Two at once do
not hurt each other, and a half-built one is never taken for whole.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PINS = Path(__file__).with_name("requirements.txt")


def place(cache: Path | None = None) -> Path:
    """The folder of this environment: one for each set of pins and each Python."""
    root = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    made_of = PINS.read_bytes() + f"{sys.version_info[:2]} {sys.platform}".encode()
    return root / "liveavatar-ops" / "prefect" / hashlib.sha256(made_of).hexdigest()[:12]


def make(folder: Path) -> Path:
    """The environment's Python; builds it if it is not there. Raises CalledProcessError if that fails."""
    python, ready = folder / "bin" / "python", folder / ".ready"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready.is_file():
            return python
        shutil.rmtree(folder, ignore_errors=True)
        print(f"Installing Prefect into {folder} (about a minute, once)", file=sys.stderr)  # noqa: T201 - progress
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=sys.stderr)
        command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", PINS]
        subprocess.run([*command, "--disable-pip-version-check"], check=True, stdout=sys.stderr)
        ready.touch()
    return python


if __name__ == "__main__":
    print(make(place()))  # noqa: T201 - the answer
