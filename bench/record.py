"""Keeps a measurement's raw figures beside the ratios that are quoted from them."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def keep(name: str, figures: dict[str, Any]) -> Path:
    """Write one run to `bench/results/<name>.json`; the newest run replaces the one before."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    run = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average_before": list(os.getloadavg()),
        **figures,
    }
    file.write_text(json.dumps(run, indent=2) + "\n")
    return file
