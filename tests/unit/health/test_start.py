"""A check starts cheaply: what only its evidence, its child or its cleaning up needs is not loaded before."""

import subprocess
import sys

import pytest

LATER = {"PIL", "av", "boto3", "jinja2", "junitparser", "prometheus_client", "pulumi"}
"""Evidence, the clip, AWS, reports and deploying: for whoever asks, when it is asked for."""
PARENT = {*LATER, "httpx", "livekit", "numpy", "structlog", "tenacity"}


def loaded_by(module: str) -> set[str]:
    """The top-level packages in a fresh interpreter that has imported this module alone."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(told.stdout.split())


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        ("liveavatar_ops.cli", {*PARENT, "pydantic", "rich", "yaml"}),
        ("liveavatar_ops.health.cli", PARENT),
        ("liveavatar_ops.health.child", {*PARENT, "pydantic", "rich", "yaml"}),
        ("liveavatar_ops.health.probe", {*LATER, "typer", "yaml"}),
        ("liveavatar_ops.health.evidence.contact_sheet", {"numpy", "av", "livekit"}),
        ("liveavatar_ops.health.evidence.html", {"numpy", "av", "livekit"}),
    ],
    ids=["help", "parent", "child", "probe", "sheet", "page"],
)
def test_a_process_of_a_check_loads_nothing_that_it_may_not_need(module: str, spared: set[str]) -> None:
    """
    Loading is a third of what a short check costs, and what the parent holds it holds all the while. Pictures
    and page are loaded when there is something to show, the HTTP client when a session was left open; what
    was seen is bytes to those who draw it.
    """
    found = loaded_by(module)

    assert "liveavatar_ops" in found
    assert not found & spared


def test_the_child_draws_nothing_and_loads_nothing_to_draw_with() -> None:
    """structlog and httpx each would, where they find it; and structlog itself only comes with a log."""
    code = (
        "import sys\n"
        "from liveavatar_ops.health import child\n"
        "for name in child.UNUSED: sys.modules.setdefault(name, None)\n"
        "import liveavatar_ops.health.probe\n"
        "print(*{name.partition('.')[0] for name, there in sys.modules.items() if there})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    found = set(told.stdout.split())
    assert {"httpx", "livekit"} <= found
    assert not found & {"rich", "pygments", "click", "structlog"}
