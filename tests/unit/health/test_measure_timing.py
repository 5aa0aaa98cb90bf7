"""Cadence, by tables worked out by hand."""

import numpy as np
import pytest

from liveavatar_ops.health.measure.timing import freezes, gaps, harmonic_rate, plain_rate


def test_an_even_track_has_one_rate_by_both_formulas():
    at = np.arange(0, 10, 0.04)

    assert plain_rate(at, 0, 10) == pytest.approx(25)
    assert harmonic_rate(at, 0, 10.0) == pytest.approx(25)


def test_the_harmonic_rate_feels_a_gap_that_the_plain_one_hides():
    """1/(ΣD²/ΣD) with 50 durations of 40 ms and one of 2 s: (2+2)/(0.08+4) = 0.98."""
    at = np.concatenate([np.arange(0, 51) * 0.04, [4.0]])

    assert harmonic_rate(at, 0, 4.0) == pytest.approx(4 / 4.08, rel=1e-6)
    assert plain_rate(at, 0, 4.0) > 12


def test_the_wait_after_the_last_frame_enters_the_harmonic_rate():
    at = np.arange(0, 2, 0.04)

    assert harmonic_rate(at, 0, 2.0) == pytest.approx(25)
    assert harmonic_rate(at, 0, 6.0) < 1


@pytest.mark.parametrize(
    ("gap_s", "freezes_seen"),
    [(0.04, 0), (0.18, 0), (0.19, 1), (0.5, 1)],
    ids=["none", "below avg+150 ms", "at avg+150 ms", "far above"],
)
def test_a_freeze_is_a_gap_of_three_means_or_150_ms_more(gap_s, freezes_seen):
    """W3C webrtc-stats: max(3·avg, avg + 150 ms), avg over the last 30 durations (here 40 ms)."""
    at = np.concatenate([np.arange(0, 50) * 0.04, 1.96 + gap_s + 1e-9 + np.arange(0, 50) * 0.04])

    found = freezes(at, 0.0, float(at[-1]))

    assert len(found.spans) == freezes_seen
    if freezes_seen:
        assert found.total_s == pytest.approx(gap_s, abs=1e-6)


def test_at_a_low_rate_three_means_count():
    """At 5 fps a gap of 500 ms is no freeze, one of 700 ms is."""
    at = np.concatenate([np.arange(0, 40) * 0.2, [8.3], 8.5 + np.arange(0, 30) * 0.2, [15.1]])

    found = freezes(at, 0.0, 15.1)

    assert [round(end - start, 1) for start, end in found.spans] == [0.8]


def test_an_ended_stream_is_frozen_until_the_watch_ends():
    """W3C counts a freeze only when the next frame comes; a dead track must not pass."""
    found = freezes(np.arange(0, 2, 0.04), 0.0, 5.0)

    assert found.total_s == pytest.approx(3.04)


def test_only_the_part_of_a_freeze_inside_the_window_counts():
    at = np.concatenate([np.arange(0, 26) * 0.04, 3.0 + np.arange(0, 25) * 0.04])

    assert freezes(at, 2.0, 4.0).total_s == pytest.approx(1.0)


def test_one_frame_has_one_gap():
    starts, lengths = gaps(np.array([2.0]), 5.0)

    assert (starts.tolist(), lengths.tolist()) == ([2.0], [3.0])
