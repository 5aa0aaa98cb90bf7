"""
`python -m liveavatar_ops.flows`: run the flow once, or serve it on a schedule.

    python -m liveavatar_ops.flows --sessions 1 --every 300 --target 'desk: --stack prod'
"""

import argparse
import asyncio
import shlex
import sys

from liveavatar_ops.flows.child import WITHIN_S

try:
    from liveavatar_ops.flows.health import RETRY_AFTER_S, ensure_limit, sweep
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] != "prefect":
        raise
    sys.stderr.write(
        "liveavatar_ops.flows: Prefect is not installed beside this Python. Make its own environment with "
        "`python deploy/prefect/environment.py` and run the same command with the Python that it prints.\n"
    )
    sys.exit(2)


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """What was typed; ends with 2 when it is not right."""
    parser = argparse.ArgumentParser(prog="python -m liveavatar_ops.flows", description=__doc__)
    parser.add_argument(
        "--target",
        action="append",
        required=True,
        metavar="'NAME: ARGUMENTS'",
        help="what to check: a name, and the arguments of `liveavatar-ops health check`; repeatable",
    )
    parser.add_argument("--sessions", type=int, required=True, help="sessions that the account has at once")
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--once", action="store_true", help="run now; exit code 1 if the flow failed")
    when.add_argument("--every", type=float, metavar="SECONDS", help="serve: run every so often")
    when.add_argument("--cron", help="serve: run at these times")
    parser.add_argument(
        "--program", help="the check's program (default: liveavatar-ops beside this Python or on PATH)"
    )
    parser.add_argument(
        "--retry-after", type=float, nargs="+", default=list(RETRY_AFTER_S), metavar="SECONDS"
    )
    parser.add_argument(
        "--within",
        type=float,
        default=WITHIN_S,
        metavar="SECONDS",
        help="time for one template's result; more where limits or --watch-for were raised "
        "(default: %(default)g)",
    )
    found = parser.parse_args(arguments)
    if not found.within > 0:
        parser.error("--within: must be more than 0 seconds")
    if found.sessions < 1:
        parser.error("--sessions: must be 1 or more")
    try:
        found.targets = dict(target(text) for text in found.target)
    except ValueError as why:
        parser.error(f"--target: {why}")
    return found


def target(text: str) -> tuple[str, list[str]]:
    """`NAME: ARGUMENTS` taken apart. Raises ValueError with what it must look like."""
    name, colon, arguments = text.partition(":")
    words = shlex.split(arguments)
    if not name.strip() or not colon or not words:
        raise ValueError(f"{text!r} must be a name, a colon and arguments, such as 'prod: --stack prod'")
    return name.strip(), words


def main() -> int:
    """Exit codes: 0 done, 1 the flow run failed, 2 usage."""
    asked = parsed()
    asyncio.run(ensure_limit(asked.sessions))
    parameters = {
        "targets": asked.targets,
        "program": shlex.split(asked.program) if asked.program else None,
        "within_s": asked.within,
        "retry_after_s": asked.retry_after,
    }
    if asked.once:
        state = asyncio.run(sweep(**parameters, return_state=True))
        return int(state.is_failed() or state.is_crashed())
    sweep.serve(
        name="liveavatar-health", interval=asked.every, cron=asked.cron, parameters=parameters, limit=1
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
