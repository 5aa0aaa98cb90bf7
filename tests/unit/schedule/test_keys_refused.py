"""Keys that are none are named with their line, however they are written and however many there are."""

from pathlib import Path

import pytest

from liveavatar_ops.schedule.start import Seams, run_watch
from liveavatar_ops.schedule.wishes import Wishes
from tests.support.watch_process import outputs
from tests.support.watching import said_of

DEV = "targets: [{stack: dev}]\n"
UNKNOWN = "there is no such key; it takes"

REFUSED = {
    "null: 5": f"2: null: {UNKNOWN} targets, every, ",
    "\n1.5: 5": f"3: 1.5: {UNKNOWN} targets, every, ",
    "on: 5": f"2: on: {UNKNOWN} targets, every, ",
    "off: 5": f"2: off: {UNKNOWN} targets, every, ",
    "serve:\n  enabled: yes\n  yes: 5": f"4: serve.yes: {UNKNOWN} port, page_url, enabled",
    "notify:\n- {kind: slack, url_env: A}\n- {kind: slack, url_env: B, 1: 2}": f"4: notify[1].1: {UNKNOWN}",
    r'"ev\nry\e": 5m': r"2: a key holds '\n', which none may",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items())
def test_a_key_that_is_no_word_is_named_with_its_line(tmp_path: Path, text: str, said: str):
    """As it was written, whatever YAML makes of it, and in one line."""
    [found] = said_of(tmp_path / "watch.yaml", DEV + text)

    assert found.startswith(said)


def test_mistakes_in_several_keys_that_are_no_words_are_said_with_all_others(tmp_path: Path):
    """Each with the line of the key itself."""
    found = said_of(tmp_path / "watch.yaml", f"{DEV}null: 5\nevery: 5\non: {{off: 1}}\n")

    assert [each.partition(": there")[0] for each in found] == [
        "2: null",
        "3: every: should be a duration with its unit, such as 90s, 5m, 1h30m or 1d",
        "4: on",
    ]


def test_a_file_full_of_mistakes_is_told_by_its_first_twenty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """And by how many more there are; nobody reads a list that scrolls away."""
    path = tmp_path / "watch.yaml"
    path.write_text(DEV + "".join(f"key{i}: 1\n" for i in range(3000)))
    code = run_watch(Wishes(config=path), Seams(outputs=lambda _: outputs(["front"])))
    lines = capsys.readouterr().err.splitlines()

    assert code == 2
    assert lines[0].startswith(f"liveavatar-ops: {path}:2: key0: there is no such key; it takes targets, ")
    assert len(lines) == 21
    assert lines[-1] == "liveavatar-ops: and 2,980 more"
