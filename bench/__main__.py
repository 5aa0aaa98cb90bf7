"""`python -m bench [NAME …] [FLAGS]`: run the measurements, all of them or those named; flags go to each."""

import importlib
import sys
from pathlib import Path

NAMES = sorted(
    p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in {"__init__", "__main__", "record"}
)


def main(typed: list[str]) -> int:
    """The worst exit code of those run; 2 with the names there are, when one is not known."""
    first_flag = next((at for at, word in enumerate(typed) if word.startswith("-")), len(typed))
    wanted, flags = typed[:first_flag], typed[first_flag:]
    if unknown := set(wanted) - set(NAMES):
        print(
            f"no measurement named {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}",
            file=sys.stderr,
        )
        return 2
    worst = 0
    for name in wanted or NAMES:
        print(f"\n== {name}", flush=True)
        worst = max(worst, importlib.import_module(f"bench.{name}").main(flags) or 0)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
