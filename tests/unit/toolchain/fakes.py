"""Stand-ins for engines, for Go and for a terminal: small scripts, so that everything runs offline."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from installer.pins import Engine

VERSION = "3.1.4"
BINARIES = ("motor", "motor-host")


class Terminal(io.StringIO):
    """Remembers what was written; claims to be a terminal if asked to."""

    def __init__(self, *, live: bool = False) -> None:
        super().__init__()
        self._live = live

    def isatty(self) -> bool:
        return self._live


def names(directory: Path) -> list[str]:
    """What lies in a directory, sorted."""
    return sorted(place.name for place in directory.iterdir())


def executable(place: Path, script: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)
    return place


def motor(directory: Path, *, version: str = VERSION, without: str | None = None) -> Path:
    """A directory with a working engine in it."""
    for name in BINARIES:
        if name != without:
            executable(directory / name, f"echo motor v{version}")
    return directory


def archive(place: Path, members: Mapping[str, str]) -> str:
    """Writes a .tar.gz and returns its address; keys are paths in it, values are shell scripts."""
    with tarfile.open(place, "w:gz") as tar:
        for name, script in members.items():
            content = f"#!/bin/sh\n{script}\n".encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return place.as_uri()


def fake_engine(module: Path, *, url: str | None = None) -> Engine:
    module.mkdir(parents=True, exist_ok=True)
    (module / "go.mod").write_text("module motor\n\ngo 1.26.0\n")
    (module / "go.sum").write_text("sums\n")
    (module / "host.go").write_text("package main\n")
    return Engine(
        name="motor",
        title="Motor",
        version=VERSION,
        module_dir=module,
        binaries=BINARIES,
        version_arguments=("version",),
        download_url=url,
        packages=("example.test/motor",),
        build_flags=("-trimpath",),
        output="",
        sources=(module / "host.go",),
    )


def fake_go(directory: Path, *, build: str, version: str = "go1.26.1") -> Path:
    """
    A `go` that answers what the installer asks.

    `build` is the script of `go build`; $OUT is the directory that the binaries belong in.
    """
    return executable(
        directory / "go",
        f"""
        case "$1" in
          version) echo "go version {version} test/test" ;;
          env) echo {version} ;;
          list)
            echo "go: downloading example.test/gear v1.0.0"
            echo example.test/gear; echo example.test/motor ;;
          build)
            while [ "$1" != -o ]; do shift; done
            OUT=$2
            {build} ;;
        esac
        """,
    )


GOOD_BUILD = f"""
            echo example.test/gear; echo example.test/motor
            for name in {" ".join(BINARIES)}; do
              printf '#!/bin/sh\\necho motor v{VERSION}\\n' > "$OUT/$name"; chmod +x "$OUT/$name"
            done
"""
