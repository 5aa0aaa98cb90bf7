"""`python -m liveavatar_ops.health` is `liveavatar-ops health`, for callers that have no PATH."""

from functools import partial

from liveavatar_ops.lean_imports import lean_imports
from liveavatar_ops.signals import ended_at_once

with lean_imports(), ended_at_once():
    from liveavatar_ops.entry import run
    from liveavatar_ops.health.cli import app

if __name__ == "__main__":
    run(partial(app, prog_name="liveavatar-ops health"))
