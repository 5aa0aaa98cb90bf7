"""Files of settings: every value has its line, and what cannot be read is told in one."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pulumi_liveavatar.marked_yaml import MOST_VALUES, YamlError, read_marked, read_marked_file
from pulumi_liveavatar.small_file import LARGEST

BOMB = "a0: &a0 [1]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 8)
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param(BOMB, 5, f"more than {MOST_VALUES:,} values, with what its aliases", id="alias bomb"),
        pytest.param("\n" + "[" * 3000, 2, "nested too deeply", id="3,000 deep"),
        pytest.param("\na: &a [*a, *a]\n", 2, "nested too deeply, or contains itself", id="itself"),
        pytest.param("[" + "1," * MOST_VALUES + "]", 1, f"more than {MOST_VALUES:,} values", id="many"),
        pytest.param('a: 1\nb: "\\UFFFFFFFF"\n', 2, "number or an escape", id="no character"),
        pytest.param("%YAML 1." + "9" * 5000 + "\n---\n", 1, "number or an escape", id="version"),
        pytest.param("a: 1\nb: \0\n", 2, r"the character U\+0000", id="a NUL"),
        pytest.param("a: 1\nb: *" + "x" * 5000, 2, "found undefined alias", id="no such alias"),
        pytest.param("a: 1\n--- \nb: 2\n", 2, "found another document", id="two documents"),
    ],
)
def test_a_text_that_cannot_be_read_is_one_line(text: str, line: int, said: str):
    """Neither a traceback nor gigabytes, whatever stands in it."""
    with pytest.raises(YamlError, match=said) as raised:
        read_marked(text)

    assert raised.value.line == line
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("!!bool maybe", "the value is no !!bool"),
        ("!!int ''", "the value is no !!int"),
        ("!!int twelve", "the value is no !!int"),
        ("!!float ''", "the value is no !!float"),
        ("!!timestamp june", None),
        ("2024-13-45", None),
        ("=", None),
        ("<<", None),
        ("!!binary abc", "the tag !!binary is not known here; leave it out"),
        ("!june a", "the tag !june is not known here; leave it out"),
        ("!!python/object:os.system a", "the tag !!python/object:os.system is not known here; leave it out"),
        ("!!set {a, b}", "the tag !!set is not known here; leave it out"),
        ("!!str [a]", "the tag !!str is not known here; leave it out"),
        ("9" * 5000, "a number of 5,000 characters is too long"),
        ("0x" + "f" * 5000, "a number of 5,002 characters is too long"),
        (":".join("1" * 400) + ".5", "a number of 801 characters is too long"),
        (r'"\ud800"', r"holds '\ud800', which is no character"),
        (r'"a\0b"', r"holds '\x00', which is no character"),
    ],
)
def test_a_value_that_cannot_be_read_is_told_with_its_line(text: str, said: str | None):
    """All of a file at once; dates, and words that mean something to YAML alone, are text."""
    marked = read_marked(f"a: 1\nb: {text}\nc: {text}\n")

    assert marked.problems == ([] if said is None else [(2, f"b: {said}"), (3, f"c: {said}")])
    kept = {r'"\ud800"': "\ufffd", r'"a\0b"': "a\ufffdb"}.get(text)  # or it would be told as missing, too
    assert marked.value["b"] == (text.removeprefix("!!timestamp ") if said is None else kept)


@pytest.mark.parametrize("key", ["null", "~", "1.5", "1", "on", "yes", "true", "2024-01-01"])
def test_a_key_is_the_word_that_stands_there(key: str):
    """Where YAML makes a number or a truth of it, a complaint would name another place."""
    marked = read_marked(f"a: 1\nhealth:\n  x: 3\n  {key}: 2\n")

    assert marked.value == {"a": 1, "health": {"x": 3, key: 2}}
    assert marked.line_of(("health", key)) == 4


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("? [a, b]\n", "a key should be a word, not a list or a mapping"),
        ("? {a: b}\n", "a key should be a word, not a list or a mapping"),
        ("<<", "merge keys (<<) are not read here; write the keys out"),
        (r'"\ud800"', r"a key holds '\ud800', which none may"),
        (r'"a\0"', r"a key holds '\x00', which none may"),
        (r'"a\nb"', r"a key holds '\n', which none may"),
        ("''", "a key is empty; name it"),
    ],
)
def test_what_can_be_no_key_is_told_with_its_line(key: str, said: str):
    """It is left out, so that nothing else is said of it."""
    marked = read_marked(f"a: 1\n{key}: 2\nc: 3\n")

    assert (marked.value, marked.problems) == ({"a": 1, "c": 3}, [(2, said)])


def test_a_key_that_is_given_twice_is_told_once_and_not_at_length():
    """Also where an alias repeats its mapping."""
    marked = read_marked(f"a: &a\n  {'k' * 900}: 1\n  {'k' * 900}: 2\nb: *a\n")

    ((line, said),) = marked.problems
    assert (line, said.endswith("… is given twice; keep one"), len(said) < 150) == (3, True, True)


def test_json_writes_a_character_as_two_escapes():
    """As every program does that keeps its JSON to ASCII."""
    assert read_marked('{"a": "\\ud83d\\ude00"}').value == {"a": "😀"}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path):
    """Settings are small; the rest of it is left where it is."""
    path = tmp_path / "x.yaml"
    path.write_text("#" * (LARGEST + 1))

    with pytest.raises(OSError, match="larger than 1 MB"):
        read_marked_file(path)


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path):
    """Somebody saved it in another encoding."""
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\r\nb: M\xfcller\r\n")

    with pytest.raises(YamlError, match="not UTF-8 text") as raised:
        read_marked_file(path)

    assert raised.value.line == 2


@pytest.mark.timeout(60)
@pytest.mark.parametrize("device", ["pipe", "/dev/zero", "/dev/null", "folder"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, device: str):
    """Nobody may ever write into the pipe, and a device may never end."""
    path = Path(device)
    if device == "pipe":
        os.mkfifo(path := tmp_path / "x.yaml")
    elif device == "folder":
        path = tmp_path

    said = "Is a directory" if device == "folder" else "neither a file nor standard input"
    with pytest.raises(OSError, match=said):
        read_marked_file(path)


READ = "import sys, pathlib; from pulumi_liveavatar.marked_yaml import read_marked_file as read; "


@pytest.mark.timeout(30)
def test_standard_input_is_read_to_its_end():
    """`pulumi … | liveavatar-ops health check --template-file /dev/stdin`, however slowly it comes."""
    show = READ + "print(read(pathlib.Path('/dev/stdin')).value)"
    child = subprocess.Popen(
        [sys.executable, "-c", show], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    child.stdin.write("a: 1\n")
    child.stdin.flush()
    threading.Event().wait(0.3)

    out, _ = child.communicate("b: 2\n")

    assert out == "{'a': 1, 'b': 2}\n"


@pytest.mark.timeout(30)
def test_standard_input_without_an_end_is_refused():
    """A bound on what is read, whoever writes."""
    show = READ + "read(pathlib.Path('/dev/stdin'))"
    with Path("/dev/zero").open("rb") as endless:
        done = subprocess.run(
            [sys.executable, "-c", show], stdin=endless, capture_output=True, text=True, check=False
        )

    assert "larger than 1 MB" in done.stderr.splitlines()[-1]
