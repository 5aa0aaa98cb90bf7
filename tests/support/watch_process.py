"""A real watcher process with fake checks, for tests: `python -m tests.support.watch_process SPEC`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from liveavatar_ops.schedule.config import Kind
from liveavatar_ops.schedule.pace import Pace
from liveavatar_ops.schedule.start import Seams, run_watch
from liveavatar_ops.schedule.targets import WatchTarget
from liveavatar_ops.schedule.wishes import Wishes

FAKE = Path(__file__).with_name("fake_check.py")
AVATAR = "65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0"


def outputs(names: Sequence[str], *, sandbox: bool = False) -> dict[str, Any]:
    """What a stack with these templates exports."""
    body = {
        "mode": "LITE",
        "avatar_id": AVATAR,
        "is_sandbox": sandbox,
        "openai_realtime_config": {"secret_id": "0f0e0d0c-0b0a-4908-8706-050403020100"},
    }
    return {"templates": {name: {"name": name, "body": body, "health": {}} for name in names}}


def deployed(spec: dict[str, Any]) -> Sequence[str]:
    """What the stack holds just now: the test may deploy while a watcher runs."""
    names: Sequence[str] = json.loads(Path(spec["stack"]).read_text())
    return names


def without_key(config: dict[str, str]) -> dict[str, str]:
    """A stack's settings as they are read without its passphrase."""
    return {name: value for name, value in config.items() if name != "liveavatar:apiKey"}


def main(spec: dict[str, Any]) -> int:
    def command(target: WatchTarget, kind: Kind, folder: Path) -> list[str]:
        if Path(spec["control"]).read_text() == "no such check":
            raise LookupError("a fault of ours")
        return [sys.executable, "-S", str(FAKE), spec["log"], spec["control"], target.name, str(folder)]

    seams = Seams(
        command=command,
        outputs=lambda _: outputs(deployed(spec)),
        config=lambda _, secrets: spec["stack_config"] if secrets else without_key(spec["stack_config"]),
        janitor=spec["janitor"],
        pace=Pace(look_s=0.2, grace_s=10.0, chores_s=0.2, soonest_s=0.0, customers_s=0.2),
    )
    return run_watch(Wishes(config=Path(spec["config"]), as_json=True), seams)


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text())))
