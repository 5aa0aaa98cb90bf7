"""
A stack of 100 contexts against a stack of 100 resources of a dynamic provider that does nothing.

The two run in turn, verb by verb, so that the ratio holds while the machine's speed drifts. What the
ratio shows is our own cost: validation, digest, HTTP calls, retries.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.emulator import running_emulator
from tests.support.engine import Project, engine_env, small_project

from bench.record import keep

OURS = """
from pulumi_liveavatar import Context
TEXT = "You are number {{}}. " + "Speak plainly. " * 40
for n in range({count}):
    Context(f"c{{n:03}}", prompt=TEXT.format(n), opening_text="Hello!")
"""
EMPTY = """
from empty import Empty
TEXT = "You are number {{}}. " + "Speak plainly. " * 40
for n in range({count}):
    Empty(f"c{{n:03}}", {{"prompt": TEXT.format(n), "opening_text": "Hello!"}})
"""
EMPTY_PROVIDER = """
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

class Nothing(ResourceProvider):
    serialize_as_secret_always = False
    def create(self, props):
        return CreateResult("id-" + props["prompt"][15:20], props)
    def diff(self, id_, olds, news):
        return DiffResult(changes=any(olds.get(k) != v for k, v in news.items() if not k.startswith("__")))
    def read(self, id_, props):
        return ReadResult(id_, props)

class Empty(Resource, module="empty", name="Empty"):
    def __init__(self, name, props, opts=None):
        super().__init__(Nothing(), name, props, opts)
"""
VERBS = ("up", "no_change", "refresh", "destroy")


def verb(project: Project, what: str) -> float:
    """Seconds of one engine command."""
    begin = time.perf_counter()
    if what == "refresh":
        project.refresh()
    elif what == "destroy":
        project.destroy()
    else:
        done = project.up()
        assert what == "up" or not done.changes, done.changes
    return time.perf_counter() - begin


def measure(count: int = 100, rounds: int = 3) -> dict[str, object]:
    """Run both sides in turn; seconds a verb and round, and the median of the ratios."""
    seconds: dict[str, dict[str, list[float]]] = {v: {"ours": [], "empty": []} for v in VERBS}
    with tempfile.TemporaryDirectory() as folder, running_emulator(media=False) as emulator:
        where = {"LIVEAVATAR_API_URL": emulator.api_url, "LIVEAVATAR_API_KEY": emulator.api_key}
        projects = {}
        for side, program in (("ours", OURS), ("empty", EMPTY)):
            tmp = Path(folder) / side
            tmp.mkdir()
            projects[side] = small_project(tmp, program.format(count=count), engine_env(tmp, **where))
        (projects["empty"].folder / "empty.py").write_text(EMPTY_PROVIDER)
        projects["empty"].env["PYTHONPATH"] = str(projects["empty"].folder)
        for _ in range(rounds):
            for what in VERBS:
                for side, project in projects.items():
                    seconds[what][side].append(round(verb(project, what), 2))
        assert emulator.call("GET", "/v1/contexts").json()["data"]["count"] == 0, "destroy leaves nothing"
    ratios = {
        v: round(statistics.median(a / b for a, b in zip(s["ours"], s["empty"], strict=True)), 2)
        for v, s in seconds.items()
    }
    return {"resources": count, "rounds": rounds, "seconds": seconds, "ratio_ours_to_empty": ratios}


def main(_argv: Sequence[str] = ()) -> int:
    """Measure, keep, print."""
    figures = measure()
    file = keep("contexts", figures)
    print(f"{'verb':<10} {'ours':>22} {'empty provider':>22}  ratio (median)")
    seconds, ratios = figures["seconds"], figures["ratio_ours_to_empty"]
    assert isinstance(seconds, dict)
    assert isinstance(ratios, dict)
    for what, sides in seconds.items():
        ours, empty = (" ".join(f"{s:.1f}" for s in sides[k]) for k in ("ours", "empty"))
        print(f"{what:<10} {ours:>22} {empty:>22}  {ratios[what]}")
    print(f"raw figures: {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    return 0


if __name__ == "__main__":
    main()
