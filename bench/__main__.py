"""`python -m bench [NAME …]`: run the measurements, all of them or those named."""

import importlib
import sys
from pathlib import Path

NAMES = sorted(
    p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in {"__init__", "__main__", "record"}
)


def main(wanted: list[str]) -> int:
    """Exit code 2 with the names there are, when one is not known."""
    if unknown := set(wanted) - set(NAMES):
        print(
            f"no measurement named {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}",
            file=sys.stderr,
        )
        return 2
    for name in wanted or NAMES:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
