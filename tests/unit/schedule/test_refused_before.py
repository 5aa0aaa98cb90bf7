"""What a watcher would stumble over later is refused before it starts, in words that say what is wrong."""

from pathlib import Path

import pytest

from liveavatar_ops.schedule.config_file import WatchConfigError, read_config
from liveavatar_ops.schedule.start import Seams, run_watch
from liveavatar_ops.schedule.targets import NothingToWatch, resolve
from liveavatar_ops.schedule.wishes import Wishes
from tests.support.watch_process import AVATAR, outputs

DEV = "targets: [{stack: dev}]\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "watch.yaml"
    path.write_text(text)
    return path


def test_a_window_on_no_day_is_refused(tmp_path: Path):
    """It would never come, and nobody writes a window for that."""
    path = written(tmp_path, DEV + "maintenance:\n  - from: '02:00'\n    for: 30m\n    days: []\n")
    with pytest.raises(WatchConfigError) as refused:
        read_config(path)

    (problem,) = refused.value.problems
    assert problem.startswith(f"{path}:5: maintenance[0].days: names no day, so the window never comes; ")


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("textfile", "said"),
    [
        ("gone/x.prom", "{}/gone is not there; make it, or name the folder that node_exporter reads"),
        ("afile/x.prom", "{}/afile is a file, so x.prom cannot be in it"),
        ("folder", "{}/folder is a folder; name a file"),
    ],
)
def test_a_textfile_that_cannot_be_written_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], textfile: str, said: str, dry_run: bool
):
    """As an evidence folder is, with its line; nobody makes the collector's folder for it."""
    (tmp_path / "afile").touch()
    (tmp_path / "folder").mkdir()
    path = written(tmp_path, DEV + f"otlp: false\ntextfile: {textfile}\n")
    code = run_watch(Wishes(config=path, dry_run=dry_run), Seams(outputs=lambda _: outputs(["front"])))
    lines = capsys.readouterr().err.splitlines()

    assert code == 2
    assert lines[0] == f"liveavatar-ops: {path}:3: textfile: {said.format(tmp_path)}"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["afile", "folder", "watch.yaml"]


def test_a_textfile_in_a_folder_that_is_there_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """And the trial leaves nothing there."""
    (tmp_path / "folder").mkdir()
    path = written(tmp_path, DEV + "textfile: folder/x.prom\n")
    code = run_watch(Wishes(config=path, dry_run=True), Seams(outputs=lambda _: outputs(["front"])))

    assert (code, capsys.readouterr().err) == (0, "")
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ("{template_file: june.yaml, name: paid}, {template_file: june.yaml, name: slow}",
         "target slow: watches the same template as paid; leave one out"),
        ("{stack: dev, template: front, name: desk}, {stack: dev, template: front, sandbox: true}",
         "target dev/front: watches the same template as desk; leave one out"),
        ("{template_file: june.yaml}, {template_file: june.yaml, every: 1h}",
         "target june: stands twice in the file; leave one out"),
    ],
)  # fmt: skip
def test_what_stands_twice_is_named(tmp_path: Path, targets: str, said: str):
    """The template if the names differ, the target if they do not."""
    (tmp_path / "june.yaml").write_text(f"avatar_id: {AVATAR}\nmode: LITE\n")
    path = written(tmp_path, f"targets: [{targets}]\n")
    with pytest.raises(NothingToWatch) as refused:
        resolve(read_config(path), outputs=lambda _: outputs(["front"]))

    assert refused.value.problems == [f"{path}:1: {said}"]
