"""Strip, line, headline and figures of the status page."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from liveavatar_ops.schedule.page.drawings import line, strip
from liveavatar_ops.schedule.page.view import headline, percent
from liveavatar_ops.schedule.shelf import file_in
from liveavatar_ops.schedule.snapshot import percentile
from liveavatar_ops.schedule.states import State
from liveavatar_ops.schedule.store import RunRow
from tests.support.fake_check import png


def run(verdict: str | None, stage: str = "done", token: int = 1) -> RunRow:
    values = dict.fromkeys(RunRow.__dataclass_fields__)
    return RunRow(**{**values, "token": token, "verdict": verdict, "stage": stage})


def test_the_strip_grows_from_the_right():
    """The newest check at the right edge; trouble stands out by height, too."""
    bars = strip([run("healthy"), run("unhealthy"), run("healthy", "lost"), run(None, "running")], ["a"] * 4)

    assert [bar.word for bar in bars] == ["healthy", "unhealthy", "inconclusive", "running"]
    assert bars[-1].x == 591.5
    assert bars[1].height > bars[0].height > bars[2].height
    assert len(strip([run("healthy")] * 100, ["a"] * 100)) == 60


def test_the_line_keeps_its_last_value_and_its_bounds():
    """Thinned by medians; the last point is the last value."""
    drawn = line([1.0] * 500 + [9.0], 1.0, 1.0)

    assert drawn.top_s >= 2.0
    assert len(drawn.dots) == 80
    assert drawn.dots[-1][1] < drawn.dots[0][1]
    assert all(0 <= y <= 56 for _, y in drawn.dots)
    assert line([1.0], 1.0, 1.0) is None


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "100 %"),
        (0.9996, "99.96 %"),
        (0.99999, "99.999 %"),
        (0.999999, "< 100 %"),
        (0.5, "50.0 %"),
        (0.0, "0.0 %"),
    ],
)
def test_only_perfection_is_100_percent(share: float, words: str):
    """An operator must see the one failure in ten thousand."""
    assert percent(share) == words


def test_percentiles_are_values_that_were_seen():
    """Nearest rank."""
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.5, 0.95)] == [2.0, 3.0]
    assert percentile([], 0.5) is None


def test_a_sheet_is_found_by_a_relative_path_too(tmp_path: Path):
    """Relative to the evidence folder."""
    (tmp_path / "a.png").write_bytes(png())

    assert file_in(tmp_path, "a.png", ".png") == tmp_path / "a.png"
    assert file_in(tmp_path, "a.png", ".html") is None
    assert file_in(tmp_path, "../a.png", ".png") is None
    assert file_in(tmp_path, "a\0.png", ".png") is None


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ("", "Nothing is watched"),
        ("u", "The avatar is up"),
        ("uu", "Both avatars are up"),
        ("uuu", "All 3 avatars are up"),
        ("duu", "1 of 3 avatars is down"),
        ("dduf", "2 of 4 avatars are down"),
        ("ddd", "All 3 avatars are down"),
        ("fu", "1 of 2 avatars is flapping"),
        ("?u", "1 of 2 avatars has no result yet"),
        ("b", "The avatar is not seen"),
    ],
)
def test_the_headline_is_for_one_second(states: str, said: str):
    """The worst state, and how many are in it; the page hands it the worst first."""
    letters = {"u": State.UP, "d": State.DOWN, "f": State.FLAPPING, "?": State.UNKNOWN, "b": State.BLIND}
    views = [SimpleNamespace(state=SimpleNamespace(shown=letters[letter])) for letter in states]

    assert headline(views) == said
