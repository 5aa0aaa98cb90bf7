"""What the user sees while it takes long."""

import pytest

from installer.progress import Screen, Step, elapsed

from .fakes import Terminal


def test_a_terminal_gets_one_live_line() -> None:
    """
    The line is rewritten in place, and is gone when the step is over.
    """
    terminal = Terminal(live=True)
    screen = Screen(terminal)

    with screen.step("compiling") as step:
        step.reached(612, 1224, "packages", "net/http")
        while "net/http" not in terminal.getvalue():
            pass

    shown = terminal.getvalue()
    assert "compiling  [████████████············]" in shown
    assert "612/1224 packages" in shown
    assert shown.endswith("\r\033[Kcompiling: done in 0:00\n")


def test_a_log_gets_whole_lines() -> None:
    """
    Without a terminal there are no control characters.
    """
    terminal = Terminal()

    with Screen(terminal).step("compiling"):
        pass

    assert terminal.getvalue() == "compiling …\ncompiling: done in 0:00\n"


def test_a_step_that_fails_is_not_called_done() -> None:
    """
    Whoever reads only the last line is not misled.
    """
    terminal = Terminal()

    with pytest.raises(RuntimeError), Screen(terminal).step("compiling"):
        raise RuntimeError

    assert "done" not in terminal.getvalue()


def test_an_unknown_total_shows_no_bar() -> None:
    """
    What cannot be known is not drawn.
    """
    step = Step("fetching", lambda: 0.0)
    step.reached(3, 0, "modules", "gear")

    assert step.text() == "fetching  0:00  3 modules  gear"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.9, "0:00"), (59.9, "0:59"), (125.4, "2:05"), (3600, "60:00")]
)
def test_time_is_minutes_and_seconds(seconds: float, text: str) -> None:
    """
    Elapsed time is never rounded up.
    """
    assert elapsed(seconds) == text
