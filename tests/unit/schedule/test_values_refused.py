"""Values that nobody can use are refused where they are read, with file and line, and never end a watcher."""

from pathlib import Path

import pytest

from liveavatar_ops.schedule.config_file import WatchConfigError, read_config
from liveavatar_ops.schedule.start import Seams, run_watch
from liveavatar_ops.schedule.wishes import Wishes, config_of
from tests.support.watch_process import AVATAR
from tests.support.watching import said_of

DEV = "targets: [{stack: dev}]\n"
ADDRESS = "should be an address such as https://status.example.com, without user, query and fragment"
CONTROL = "holds what no name can, such as a NUL byte or a line break; write it without"
NUL = r"holds '\x00', which is no character"
YEAR, DECADE, WEEK = "should be at most 366d", "should be at most 3660d", "should be at most 7d"
NINES = "9" * 400

REFUSED = {
    "serve: {page_url: 'http://[::1'}": f"2: serve.page_url: {ADDRESS}",
    "serve: {page_url: 'https://status.example.com:99999'}": f"2: serve.page_url: {ADDRESS}",
    "serve: {page_url: 'https://:80/'}": f"2: serve.page_url: {ADDRESS}",
    "serve: {page_url: 'ftp://status.example.com'}": f"2: serve.page_url: {ADDRESS}",
    r'serve: {page_url: "https://status\0.example.com"}': f"2: serve.page_url: {NUL}",
    r'textfile: "a\0b"': f"2: textfile: {NUL}",
    r'textfile: "a\nb"': f"2: textfile: {CONTROL}",
    r'textfile: "a\ud800b"': r"2: textfile: holds '\ud800', which is no character",
    r'evidence: {directory: "a\0b"}': f"2: evidence.directory: {NUL}",
    r'evidence: {directory: "a\nb"}': f"2: evidence.directory: {CONTROL}",
    f"every: {NINES}d": f"2: every: {YEAR}",
    "every: 367d": f"2: every: {YEAR}",
    f"lease: {NINES}d": f"2: lease: {YEAR}",
    f"keep_history: {NINES}d": f"2: keep_history: {DECADE}",
    "maintenance: [{from: '02:00', for: 8d}]": f"2: maintenance[0].for: {WEEK}",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=[text[:40] for text in REFUSED])
def test_what_cannot_be_used_is_named_with_its_line(tmp_path: Path, text: str, said: str):
    """In one line, which says what to write instead."""
    assert said_of(tmp_path / "watch.yaml", DEV + text) == [said]


@pytest.mark.parametrize("key", ["stack", "template_file"])
def test_a_target_that_no_name_can_be_is_refused(tmp_path: Path, key: str):
    """A NUL byte cannot be asked for: not of the engine, and not of a disk."""
    assert said_of(tmp_path / "watch.yaml", f'targets:\n  - {key}: "a\\0b"\n') == [
        f"2: targets[0].{key}: {NUL}"
    ]


@pytest.mark.parametrize("every", ["3000000d", f"{NINES}d"])
def test_an_interval_that_nobody_lives_to_see_is_refused_as_a_flag(every: str):
    """By the flag's name."""
    with pytest.raises(WatchConfigError) as refused:
        config_of(Wishes(stacks=("dev",), every=every))

    assert refused.value.problems == [f"--every: {YEAR}"]


def test_history_may_be_kept_for_years(tmp_path: Path):
    """Longer than anything waits."""
    (tmp_path / "watch.yaml").write_text(f"{DEV}keep_history: 730d\nevery: 366d\n")

    assert read_config(tmp_path / "watch.yaml").keep_history == 730 * 86400


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("longest", "why"),
    [("86401", "should be less than or equal to 86400"), (NINES, "a number of 400 characters is too long")],
    ids=["a day and a second", "400 digits"],
)
def test_a_session_longer_than_a_day_is_refused_by_the_watcher_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], longest: str, why: str, dry_run: bool
):
    """Also one that is no number that a clock can count."""
    (tmp_path / "june.yaml").write_text(f"avatar_id: {AVATAR}\nmax_session_duration: {longest}\n")
    (tmp_path / "watch.yaml").write_text("targets: [{template_file: june.yaml}]\n")
    code = run_watch(Wishes(config=tmp_path / "watch.yaml", dry_run=dry_run), Seams())

    assert code == 2
    said = capsys.readouterr().err.splitlines()[0]
    assert f"{tmp_path}/june.yaml:2: max_session_duration: {why}" in said
