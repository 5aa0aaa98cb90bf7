"""Durations and times of day, as people write and read them."""

import pytest

from liveavatar_ops.schedule.quantities import seconds, spoken, time_of_day


@pytest.mark.parametrize(
    ("written", "means"),
    [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1d", 86400), ("0.5h", 1800), (" 2M ", 120)],
)
def test_durations(written: str, means: float):
    """With their units."""
    assert seconds(written) == means


@pytest.mark.parametrize("written", ["", "5", 5, "m", "5 minutes", "-5m", "1e3s", None, True])
def test_what_is_no_duration(written: object):
    """A number without a unit is nobody's guess."""
    with pytest.raises(ValueError, match="unit"):
        seconds(written)


@pytest.mark.parametrize(
    ("written", "means"), [("02:30", "02:30"), ("7:05", "07:05"), (750, "12:30"), (0, "00:00")]
)
def test_times_of_day(written: object, means: str):
    """Quoted, or as YAML mistakes them."""
    assert time_of_day(written).strftime("%H:%M") == means


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (12.3, "12 s"),
        (90, "1 min 30 s"),
        (300, "5 min"),
        (5400, "1 h 30 min"),
        (7200, "2 h"),
        (400000, "5 days"),
    ],
)
def test_durations_in_words(duration: float, words: str):
    """As coarse as a reader wants them."""
    assert spoken(duration) == words
