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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {fault: mute, [1, 2]: 3}", "1: cannot be read: found unhashable key"),
        (
            "- mute: 1\n- fault: !x mute",
            "2: cannot be read: could not determine a constructor for the tag '!x'",
        ),
        ("- &a {fault: mute, path: *a}", "1: cannot be read: it is nested too deeply, or holds itself"),
        ("- fault: mute\n  <<: 5", "2: cannot be read: expected a mapping"),
        ("- fault: mute\n  path: !!binary 'é'", "2: cannot be read: failed to convert base64 data"),
        ("- fault: mute\n  path: 2024-13-45", "1: cannot be read: month must be in 1..12"),
        ("- fault: !!int ''", "1: cannot be read: a value is not what its tag says"),
        ("- fault: !!timestamp x", "1: cannot be read: a value is not what its tag says"),
        ("[" * 3000, "1: is not YAML: it is nested too deeply"),
        ("- " + "[" * 300 + "]" * 300, "1: cannot be read: it is nested too deeply"),
        ("- fault: \0", "1: is not YAML: unacceptable character"),
        ("- fault: mute\n  fault: frozen", "2: fault: is there twice; leave one out"),
        ("- fault: {name: slow, delay_s: 1,\n  delay_s: 2}", "2: delay_s: is there twice"),
        ("- fault: mute\n  path:", "2: path: has no value; give one, or leave it out"),
        ("- fault: {name: early_end, reason: }", "1: fault early_end: reason has no value"),
        ("- fault: {name: early_end, reason: ''}", "1: fault early_end: no end reason is called ''"),
        ("- fault:\n    name: frozen\n    1: 2", "2: fault frozen does not take 1; it takes after_s, for_s"),
        ("- fault: {name: frozen, null: 2}", "1: fault frozen does not take null; it takes"),
        ("- fault: {name: frozen, 1: 2, x: 3}", "1: fault frozen does not take 1, x; it takes"),
        ("- fault: {name: frozen, 2026-01-01: 2}", "1: fault frozen does not take 2026-01-01; it takes"),
        ("- fault: mute\n  true: 2", "2: true: there is no such key; it takes fault, on, method"),
        ("- fault: {name: }", "1: a fault is an object with a name"),
        ("- fault: reset\n  path: 'a{99999999999999}'", "1: path is no regular expression: the repetition"),
        (
            f"- fault: reset\n  path: '{'(' * 2000}{')' * 2000}'",
            "1: path is no regular expression: it is nested too deeply",
        ),
        (f"- fault: {{name: server_error, status: 1{'0' * 400}}}", "1: fault server_error: status should be"),
        (f"- fault: {{name: rate_limit, retry_after_s: 1{'0' * 400}}}", "1: fault rate_limit: retry_after_s"),
    ],
)
def test_what_yaml_allows_and_no_scenario_means_is_told_with_its_line(
    tmp_path: Path, text: str, says: str
) -> None:
    """
    Tags, merges, anchors, dates and doubles: a sentence for each, never a traceback, and nothing is lost.
    """
    file = tmp_path / "scenario.yaml"
    file.write_text(text)

    with pytest.raises(BadScenario) as told:
        read(file)

    assert f"{file}:{says}" in str(told.value)


@pytest.mark.parametrize(
    ("fault", "should"),
    [
        ("server_error, status: 42", "status should be from 400 to 599, not 42"),
        ("server_error, status: 1000000", "status should be from 400 to 599, not 1000000"),
        ("slow, delay_s: .nan", "delay_s should be 0 or more, not nan"),
        ("slow, delay_s: .inf", "delay_s should be 0 or more, not inf"),
        ("slow, delay_s: -5", "delay_s should be 0 or more, not -5.0"),
        ("frozen, for_s: -1", "for_s should be 0 or more, not -1.0"),
        ("poor_network, loss: 2", "loss should be from 0 to 1, not 2.0"),
        ("small, width: 1000000", "width should be from 16 to 3840, not 1000000"),
        ("av_offset, offset_ms: 9000", "offset_ms should be from -2000 to 2000, not 9000"),
    ],
)
def test_a_number_that_nothing_can_play_is_refused(tmp_path: Path, fault: str, should: str) -> None:
    """
    Played, it would be another fault than the one that was asked for, or a broken emulator.
    """
    file = tmp_path / "scenario.yaml"
    file.write_text(f"- fault: {{name: {fault}}}")

    with pytest.raises(BadScenario, match=should):
        read(file)


def test_sound_may_be_late_or_early_and_an_entry_may_build_on_another(tmp_path: Path) -> None:
    """
    The one number below zero, and YAML's own way to say a thing once.
    """
    file = tmp_path / "scenario.yaml"
    file.write_text("- &a {fault: {name: av_offset, offset_ms: -300}, times: 1}\n- {<<: *a, times: 2}\n")

    first, second = read(file)

    assert first.fault.number("offset_ms") == second.fault.number("offset_ms") == -300
    assert (first.times, second.times) == (1, 2)


@pytest.mark.parametrize(
    ("first", "next_"), [("[x]", "[{}]"), ("{fault: mute}", "{{fault: mute, <<: [{}]}}"), ("[x]", "[? [{}]]")]
)
def test_anchors_that_multiply_are_refused_at_once(tmp_path: Path, first: str, next_: str) -> None:
    """
    A few lines of anchors name one another to billions of values; none of them is built.
    """
    lines = [f"- &a0 {first}"]
    lines += [f"- &a{n + 1} {next_.format(','.join([f' *a{n} '] * 50))}" for n in range(5)]
    lines.append("- fault: {name: *a5 }")
    file = tmp_path / "scenario.yaml"
    file.write_text("\n".join(lines))

    with pytest.raises(BadScenario) as told:
        read(file)

    last = str(told.value).splitlines()[-1]
    assert f"{file}:" in last
    assert "cannot be read: it holds more than 200 values" in last


def test_an_entry_may_build_on_one_that_builds_on_another(tmp_path: Path) -> None:
    """
    What the second changes of the first is no key given twice when a third builds on it.
    """
    file = tmp_path / "scenario.yaml"
    file.write_text("- &a {fault: mute, times: 1}\n- &b {<<: *a, times: 2}\n- {<<: *b, for_session: 3}\n")

    third = read(file)[2]

    assert (third.times, third.for_session) == (2, 3)


def test_no_more_is_read_than_a_scenario_can_hold() -> None:
    """
    A file without an end is refused, not read until memory is gone.
    """
    with pytest.raises(BadScenario, match="/dev/zero: is larger than 128 KiB"):
        read(Path("/dev/zero"))


def test_a_sentence_stays_short_however_long_the_value(tmp_path: Path) -> None:
    """
    Only the beginning of a long value is quoted.
    """
    file = tmp_path / "scenario.yaml"
    file.write_text(f"- fault: {'x' * 9000}\n- fault: {{name: slow, delay_s: {'y' * 9000}}}\n")

    with pytest.raises(BadScenario) as told:
        read(file)

    assert all(len(line.removeprefix(str(file))) < 200 for line in str(told.value).splitlines())
