"""Keeps a measurement's raw figures beside the ratios that are quoted from them."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
_LOAD_BEFORE = os.getloadavg()  # of the machine as the measurement found it


def keep(name: str, figures: dict[str, Any]) -> Path:
    """Write one run to `bench/results/<name>.json`; the newest run replaces the one before."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    run = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average_before": list(_LOAD_BEFORE),
        "load_average_after": list(os.getloadavg()),
        **figures,
    }
    whole = file.with_suffix(".part")
    whole.write_text(json.dumps(run, indent=2) + "\n")
    whole.replace(file)  # a measurement that is killed while it writes keeps what it had
    return file
