"""Which engines, in which versions. The versions are written once, in the two go.mod files."""

import hashlib
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
_OUR_SOURCES = ("pulumi-language-python", "pulumi-resource-pulumi-python", "internal")
_VERSION_SYMBOL = f"{SDK_MODULE}/go/common/version.Version"


@dataclass(frozen=True)
class Engine:
    """Everything about one engine: what it is, how to tell that it fits, where it can come from."""

    name: str
    title: str
    version: str
    module_dir: Path
    """Where its go.mod lies; the build runs there."""
    binaries: tuple[str, ...]
    """The first one tells the version; all must be there."""
    version_arguments: tuple[str, ...]
    download_url: str | None
    """None: no official build for this machine."""
    packages: tuple[str, ...]
    build_flags: tuple[str, ...]
    output: str
    """What `go build -o` gets, below the directory of binaries."""
    scripts: tuple[tuple[str, str], ...] = ()
    """Files (module, path in it) that lie beside the binaries and are not compiled."""
    sources: tuple[Path, ...] = ()
    """Files of ours that are compiled into it."""

    @property
    def main_binary(self) -> str:
        return self.binaries[0]

    def key(self) -> str:
        """Names the cached result: the same pins on the same kind of machine give the same key."""
        digest = hashlib.sha256()
        for text in (*_machine(), *self.packages, *self.build_flags, *self.binaries):
            digest.update(text.encode() + b"\0")
        for file in (self.module_dir / "go.mod", self.module_dir / "go.sum", *sorted(self.sources)):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
        return f"{self.name}-{self.version}-{digest.hexdigest()[:12]}"


def engines(toolchain: Path) -> tuple[Engine, ...]:
    """
    The engines of this project, read from `toolchain/`.

    >>> [engine.name for engine in engines(Path("toolchain"))]
    ['pulumi', 'livekit']
    """
    return (_pulumi(toolchain), _livekit(toolchain / "livekit"))


def pinned(go_mod: Path, module: str) -> str:
    """The version of a module in a go.mod, without its `v`. ValueError names the file if there is none."""
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} v(\S+)", go_mod.read_text(), re.MULTILINE)
    if not found:
        raise ValueError(f"{go_mod} does not pin {module}")
    return found[1]


def _pulumi(module_dir: Path) -> Engine:
    version = pinned(module_dir / "go.mod", SDK_MODULE)
    system, machine = _machine()
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(machine)
    return Engine(
        name="pulumi",
        title="Pulumi",
        version=version,
        module_dir=module_dir,
        binaries=(
            "pulumi",
            "pulumi-language-python",
            "pulumi-language-python-exec",
            "pulumi-resource-pulumi-python",
        ),
        version_arguments=("version",),
        download_url=_official(
            f"https://get.pulumi.com/releases/sdk/pulumi-v{version}-{system}-{arch}.tar.gz", arch
        ),
        packages=(
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            "./pulumi-language-python",
            "./pulumi-resource-pulumi-python",
        ),
        # Without the version the Automation API refuses the engine.
        build_flags=(
            "-trimpath",
            "-tags=osusergo,grpcnotrace",
            f"-ldflags=-s -w -X {_VERSION_SYMBOL}=v{version}",
        ),
        output="",
        scripts=((SDK_MODULE, "python/cmd/pulumi-language-python-exec"),),
        sources=tuple(file for place in _OUR_SOURCES for file in (module_dir / place).rglob("*.go")),
    )


def _livekit(module_dir: Path) -> Engine:
    version = pinned(module_dir / "go.mod", "github.com/livekit/livekit-server")
    system, machine = _machine()
    # Releases of the server are published for Linux; on a Mac it is built.
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine) if system == "linux" else None
    return Engine(
        name="livekit",
        title="LiveKit server",
        version=version,
        module_dir=module_dir,
        binaries=("livekit-server",),
        version_arguments=("--version",),
        download_url=_official(
            f"https://github.com/livekit/livekit/releases/download/v{version}/"
            f"livekit_{version}_{system}_{arch}.tar.gz",
            arch,
        ),
        packages=("github.com/livekit/livekit-server/cmd/server",),
        build_flags=("-trimpath", "-ldflags=-s -w"),
        output="livekit-server",
    )


def _official(url: str, arch: str | None) -> str | None:
    return url if arch else None


def _machine() -> tuple[str, str]:
    machine = platform.machine().lower()
    return sys.platform, {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


def chosen(all_engines: Sequence[Engine], only: str | None) -> tuple[Engine, ...]:
    """The engines that `--only` names; all of them without it."""
    return tuple(engine for engine in all_engines if only in (None, engine.name))
