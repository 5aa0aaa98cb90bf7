"""Scenario files: what they may say, and what a mistake is told."""

from pathlib import Path

import pytest

from liveavatar_emulator.scenario import BadScenario, read

GOOD = """\
- fault: late_avatar
  for_session: 2
- fault: {name: rate_limit, retry_after_s: 2}
  method: POST
  path: ^/v1/contexts
  after_calls: 3
  times: 2
"""

BAD = """\
- fault: frosen
- fault: {name: late_avatar,
          delay_s: soon}
  for_session: 0
- mute
- fault: mute
  tims: 2
- {fault: mute, pth: /v1/x}
"""


def test_a_scenario_is_a_list_of_faults(tmp_path: Path) -> None:
    """
    Entries are read in order; a bare name takes the fault's defaults.
    """
    file = tmp_path / "scenario.yaml"
    file.write_text(GOOD)

    first, second = read(file)

    assert (first.fault.model_dump(), first.for_session) == ({"name": "late_avatar", "delay_s": 20.0}, 2)
    assert (second.fault.name, second.after_calls, second.times) == ("rate_limit", 3, 2)


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    """
    Each problem is one line: file, line, what is wrong.
    """
    file = tmp_path / "scenario.yaml"
    file.write_text(BAD)

    with pytest.raises(BadScenario) as told:
        read(file)

    assert [line.removeprefix(f"{file}:").partition(": ")[::2] for line in str(told.value).splitlines()] == [
        ("1", "no fault is called 'frosen'; did you mean 'frozen'?"),
        ("2", "fault late_avatar: delay_s should be a number, not 'soon'"),
        ("4", "for_session: should be greater than or equal to 1"),
        ("5", "an entry needs a fault: `- fault: NAME`"),
        ("7", "tims: there is no such key; did you mean 'times'?"),
        ("8", "pth: there is no such key; did you mean 'path'?"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- fault: [", ":1: is not YAML"),
        ("fault: mute", ":1: should be a list"),
        ("", ":1: should be a list"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_no_scenario_is_named(tmp_path: Path, text: str | None, says: str) -> None:
    """
    No YAML, no list, no file: one sentence each, with the file's name.
    """
    file = tmp_path / "scenario.yaml"
    if text is not None:
        file.write_text(text)

    with pytest.raises(BadScenario, match=says) as told:
        read(file)

    assert str(told.value).startswith(str(file))
