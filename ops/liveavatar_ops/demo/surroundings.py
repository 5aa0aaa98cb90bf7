"""What the demo runs in: its own folder, its own settings, and nothing of the user's accounts."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

API_KEY = "emulator-api-key"
"""What the emulator takes for an account's key; worth nothing anywhere else."""

OPENAI_KEY = "sk-emulator-accepts-this-key"
"""What the OpenAI stand-in takes; worth nothing anywhere else."""

AWS_SECRET_ID = "dev/liveavatar/openai"  # noqa: S105 - a name
AWS_REGION = "eu-central-1"
STACK = "demo"
FOREIGN = ("AWS_", "LIVEAVATAR_", "PULUMI_", "OPENAI_", "OTEL_")
"""Settings of the user's that must not reach the demo: it would deploy to their account."""


class NotAProject(Exception):
    """The demo needs the checkout: the program and the catalog are what it deploys."""


@dataclass(frozen=True)
class Surroundings:
    """The demo's folders; all of it lies below `<root>/.demo`."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / ".demo"

    @property
    def bin(self) -> Path:
        return Path(sys.executable).parent

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def clean_env(self) -> dict[str, str]:
        """Today's environment without a single setting of a real account."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        env["PATH"] = f"{self.bin}{os.pathsep}{env.get('PATH', os.defpath)}"
        return env

    def emulator_env(self) -> dict[str, str]:
        return self.clean_env() | {
            "LIVEAVATAR_EMULATOR_API_KEY": API_KEY,
            "LIVEAVATAR_EMULATOR_OPENAI_KEYS": OPENAI_KEY,
        }

    def settings(self, *, api_url: str, aws_url: str) -> dict[str, str]:
        """The variables that a shell needs to work on the demo's stack."""
        return {
            "LIVEAVATAR_API_URL": api_url,
            "LIVEAVATAR_API_KEY": API_KEY,
            "LIVEAVATAR_OPS_STATE": str(self.state),
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": aws_url,
            "AWS_REGION": AWS_REGION,
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_EC2_METADATA_DISABLED": "true",
            "PULUMI_BACKEND_URL": (self.folder / "backend").as_uri(),
            "PULUMI_HOME": str(self.folder / "pulumi-home"),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def env(self, settings: Mapping[str, str]) -> dict[str, str]:
        return self.clean_env() | dict(settings)


class AlreadyRunning(Exception):
    """Two demos of one checkout would work on the same stack and the same emulator."""


@contextlib.contextmanager
def only_one(place: Surroundings) -> Iterator[None]:
    """Hold the checkout's demo while the block runs; the dead hold nothing. Raises AlreadyRunning."""
    with (place.folder / "running").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise AlreadyRunning(
                f"A demo of this checkout is running already (process {file.read().strip() or 'unknown'}). "
                "Wait until it is over, or end it with Ctrl-C."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def find_root(start: Path) -> Path:
    """The checkout around a folder. Raises NotAProject."""
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file() and (folder / "infra" / "catalog").is_dir():
            return folder
    raise NotAProject(
        f"{start} is not inside a checkout of liveavatar-ops (no Pulumi.yaml with infra/catalog). "
        "Change to the checkout and run make demo there."
    )
