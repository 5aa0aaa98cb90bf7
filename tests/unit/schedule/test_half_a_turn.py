"""A memory that fails in the middle of a look."""

from pathlib import Path

import pytest

from liveavatar_ops.schedule.database import StoreError
from tests.support.watching import Clock, config, target, watcher


@pytest.mark.parametrize("works_for", [0, 1])
def test_what_was_taken_before_the_memory_failed_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works_for: int
):
    """Its lease is ours: unrun it would be held by nobody until it ends. What was not taken stays due."""
    clock = Clock()
    many = config(account={"max_parallel": 10})
    rounds = watcher(tmp_path / "w.sqlite3", clock, [target("a"), target("b")], many)
    take, left = rounds._take, [works_for]

    def fails_soon(*given: object) -> None:
        if not left[0]:
            raise StoreError("The watcher's memory cannot be used: disk is full.")
        left[0] -= 1
        take(*given)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(rounds, "_take", fails_soon)
    if works_for:
        assert len(rounds.start_due().started) == 1
    else:
        with pytest.raises(StoreError):
            rounds.start_due()
    monkeypatch.undo()

    assert len(rounds.start_due().started) == 2 - works_for
