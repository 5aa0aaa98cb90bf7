"""The ratios that are quoted follow from the raw figures as said."""

import json
import random
from pathlib import Path

import pytest
from bench import checks_at_once, chromium, first_frame, healthy_runs, record
from bench.support.page import Missing, library

STEP = {"wrong": 0, "verdicts": {"healthy": 1}}


def test_a_ratio_is_one_of_medians() -> None:
    """One slow join moves no ratio."""
    bare = [{"first_frame_s": took} for took in (0.1, 0.2, 0.2, 0.2, 5.0)]
    ours = [{"first_frame_s": took} for took in (0.1, 0.21, 0.21, 0.21, 0.3)]

    summed = first_frame.summed_up({"check": ours, "watching": ours, "bare": bare})

    assert summed["ratios_of_medians"]["check_to_bare, first_frame_s"] == pytest.approx(1.05)


def test_a_share_is_of_each_page() -> None:
    """The check's median over that of the page that plays, and of the one that judges."""
    raw = {
        side: [{"cpu_whole_s": cpu, "frames": 9}]
        for side, cpu in (("check", 2.0), ("plays", 8.0), ("judges", 10.0))
    }

    shares = chromium.summed_up(raw)["share_of_the_check"]

    assert shares == {"plays": {"cpu_whole_s": 0.25}, "judges": {"cpu_whole_s": 0.2}}


def test_one_wrong_verdict_ends_what_is_claimed() -> None:
    """A number with a wrong verdict in any of its runs is not reached, nor is any above it."""
    steps = [
        {"at_once": 2} | STEP,
        {"at_once": 4, "wrong": 0, "verdicts": {"healthy": 3, "inconclusive": 1}},
        {"at_once": 6} | STEP,
        {"at_once": 6, "wrong": 1, "verdicts": {"healthy": 5, "unhealthy": 1}},
        {"at_once": 8} | STEP,
    ]

    assert checks_at_once.summed_up(steps) == {
        "none_wrong_up_to": 4,
        "all_sure_up_to": 2,
        "first_wrong_at": 6,
    }


@pytest.mark.parametrize(
    ("verdict", "cause", "right", "wrong"),
    [
        ("healthy", "none", ("healthy", "none"), False),
        ("degraded", "slow", ("healthy", "none"), True),
        ("unhealthy", "frozen", ("healthy", "none"), True),
        ("inconclusive", "own_host", ("healthy", "none"), False),
        ("healthy", "none", ("unhealthy", "frozen"), True),
        ("unhealthy", "slow", ("unhealthy", "frozen"), True),
        ("unhealthy", "frozen", ("unhealthy", "frozen"), False),
    ],
)
def test_only_a_sure_check_is_wrong(verdict: str, cause: str, right: tuple[str, str], wrong: bool) -> None:
    """A false warning counts as much as a false alarm, and so does a sick avatar that passes."""
    assert checks_at_once.wrong({"verdict": verdict, "cause": cause}, right) is wrong


def test_few_rounds_are_trusted_less() -> None:
    """The interval holds the ratio, and narrows with the rounds."""
    low, high = first_frame.interval([1.0, 2.0, 3.0] * 3, [1.0, 2.0, 3.0] * 3)
    narrow_low, narrow_high = first_frame.interval([1.9, 2.0, 2.1] * 30, [1.9, 2.0, 2.1] * 30)

    assert low <= 1 <= high
    assert high - low > narrow_high - narrow_low


def test_a_result_says_how_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command and the commit stand in the file; a run that is added leaves those before it there."""
    monkeypatch.setattr(record, "RESULTS", tmp_path)
    monkeypatch.setattr("sys.orig_argv", ["/somewhere/python", "-m", "bench.fault_table", "--runs", "3"])

    record.keep("table", {})
    record.keep("table", {}, after=record.made_before("table"))

    kept = json.loads((tmp_path / "table.json").read_text())
    assert [run["command"] for run in kept["measured_by"]] == ["python -m bench.fault_table --runs 3"] * 2
    assert all(run["commit"] for run in kept["measured_by"])


def test_what_is_missing_is_named_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without npm there is one sentence, and no traceback of a subprocess."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(Missing, match="apt-get install -y npm"):
        library(tmp_path)


@pytest.mark.parametrize("name", ["healthy_runs", "healthy_runs_busy"])
def test_kept_healthy_runs_are_those_that_the_code_draws_today(name: str) -> None:
    """Else the figure is that of other avatars and other limits: measure again."""
    kept = json.loads((record.RESULTS / f"{name}.json").read_text())
    rng = random.Random(kept["seed"])  # noqa: S311 - as it was drawn

    drawn = [healthy_runs.drawn(number, rng).name for number in range(1, len(kept["raw"]) + 1)]

    assert sorted(each["row"] for each in kept["raw"]) == sorted(drawn)
