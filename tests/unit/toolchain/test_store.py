"""Only whole engines are kept, one maker works at a time, links point at them."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from installer import store
from installer.lock import locked
from installer.pins import Engine
from installer.problems import ToolchainError

from . import TOOLCHAIN
from .fakes import motor, names


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def make(root: Path, engine: Engine, fill=motor, source="build", waiting_for=lambda who: None) -> store.Found:
    return store.make(
        root, engine, source, fill, accept=[source], environ=dict(os.environ), waiting_for=waiting_for
    )


def leftovers(root: Path) -> list[str]:
    return [place.name for place in root.iterdir() if not place.name.endswith(".lock")]


def test_what_was_made_is_found_again(root: Path, engine: Engine) -> None:
    """
    A finished engine is found by its key, with its source and all its files.
    """
    made = make(root, engine)

    found = store.cached(root, engine)

    assert found == made
    assert found is not None
    assert all(path.is_file() for path in found.files.values())


def _no_manifest(home: Path) -> None:
    (home / store.MANIFEST).unlink()


def _cut_manifest(home: Path) -> None:
    (home / store.MANIFEST).write_text('{"sizes": {')


def _other_manifest(home: Path) -> None:
    (home / store.MANIFEST).write_text(json.dumps(["something else"]))


def _missing_file(home: Path) -> None:
    (home / "bin" / "motor-host").unlink()


def _cut_file(home: Path) -> None:
    (home / "bin" / "motor").write_text("#!/bin")


@pytest.mark.parametrize("harm", [_no_manifest, _cut_manifest, _other_manifest, _missing_file, _cut_file])
def test_half_an_engine_is_not_taken_for_a_whole_one(root: Path, engine: Engine, harm) -> None:
    """
    Whatever is missing or cut short, the engine counts as absent and is made anew.
    """
    made = make(root, engine)
    harm(made.directory.parent)

    assert store.cached(root, engine) is None
    assert make(root, engine) == made


@pytest.mark.parametrize("end", [KeyboardInterrupt, ToolchainError, OSError])
def test_a_maker_that_breaks_off_leaves_nothing(root: Path, engine: Engine, end: type[BaseException]) -> None:
    """
    Ctrl-C, a failed step and a full disk alike leave an empty cache.
    """

    def fill(directory: Path) -> None:
        (directory / "motor").write_text("half")
        raise end

    with pytest.raises(end):
        make(root, engine, fill)

    assert leftovers(root) == []


@pytest.mark.parametrize(
    ("fill", "sentence"),
    [
        (lambda directory: motor(directory, version="2.7.1"), "is 2.7.1, not 3.1.4"),
        (lambda directory: motor(directory, without="motor-host"), "motor-host is missing"),
    ],
    ids=["another version", "a file missing"],
)
def test_what_does_not_fit_is_not_kept(root: Path, engine: Engine, fill, sentence: str) -> None:
    """
    A result is run before it counts; a wrong one is named and dropped.
    """
    with pytest.raises(ToolchainError, match=sentence):
        make(root, engine, fill)

    assert leftovers(root) == []


def test_the_remains_of_a_killed_maker_are_swept(root: Path, engine: Engine) -> None:
    """
    A process that was killed could not clean up; the next one does.
    """
    stale = root / f".making-{engine.key()}-killed"
    (stale / "bin").mkdir(parents=True)

    make(root, engine)

    assert not stale.exists()


def test_two_at_once_make_it_once(root: Path, engine: Engine) -> None:
    """
    The second waits, is told for whom, and takes what the first made.
    """
    inside, told, go_on = threading.Event(), threading.Event(), threading.Event()
    makers, said = [], []

    def slow(directory: Path) -> None:
        makers.append("first")
        inside.set()
        go_on.wait(60)
        motor(directory)

    def second() -> None:
        def hear(who: str) -> None:
            said.append(who)
            told.set()

        make(root, engine, lambda directory: makers.append("second"), waiting_for=hear)

    threads = [threading.Thread(target=make, args=(root, engine, slow)), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(60)
    threads[1].start()
    assert told.wait(60)
    go_on.set()
    for thread in threads:
        thread.join(60)

    assert makers == ["first"]
    assert said[0].startswith(f"process {os.getpid()}, since ")


def test_a_dead_holder_holds_no_lock(root: Path) -> None:
    """
    After SIGKILL nobody has to remove a lock file by hand.
    """
    lock = root / "x.lock"
    program = (
        "import sys, time; from pathlib import Path; from installer.lock import locked\n"
        "with locked(Path(sys.argv[1]), waiting_for=print): print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(lock)], cwd=TOOLCHAIN, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()

    with locked(lock, waiting_for=lambda who: pytest.fail(f"waited for {who}")):
        pass


def test_links_move_to_the_new_engine(root: Path, engine: Engine, tmp_path: Path) -> None:
    """
    A link of an earlier version is replaced, and running the link runs the engine.
    """
    directory = tmp_path / "bin"
    directory.mkdir()
    (directory / "motor").symlink_to("/nowhere/motor")
    made = make(root, engine)

    links = store.link(made, directory)

    assert [link.resolve() for link in links] == list(made.files.values())
    assert names(directory) == ["motor", "motor-host"]


def test_a_file_of_somebody_else_is_not_overwritten(root: Path, engine: Engine, tmp_path: Path) -> None:
    """
    A real file in the way is named and left alone.
    """
    (tmp_path / "motor").write_text("precious")

    with pytest.raises(ToolchainError, match="motor is no link of ours"):
        store.link(make(root, engine), tmp_path)

    assert (tmp_path / "motor").read_text() == "precious"


def test_without_an_environment_the_sentence_says_how_to_make_one(
    root: Path, engine: Engine, tmp_path: Path
) -> None:
    """
    A missing directory for links is named with the command that makes it.
    """
    with pytest.raises(ToolchainError, match=r"python3 -m venv \.venv"):
        store.link(make(root, engine), tmp_path / ".venv" / "bin")


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({"LIVEAVATAR_OPS_TOOLCHAIN": "/a"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/liveavatar-ops/toolchain"),
        ({"HOME": "/c"}, "/c/.cache/liveavatar-ops/toolchain"),
    ],
)
def test_the_cache_is_where_the_user_wants_it(environ: dict[str, str], place: str) -> None:
    """
    Our own variable goes before the system's, the system's before the default.
    """
    assert str(store.cache_root(environ)) == place


def test_a_cache_that_cannot_be_written_is_named(engine: Engine, tmp_path: Path) -> None:
    """
    The sentence names the place and the variable that moves it.
    """
    (tmp_path / "file").write_text("")

    with pytest.raises(ToolchainError, match="LIVEAVATAR_OPS_TOOLCHAIN"):
        make(tmp_path / "file" / "cache", engine)


def test_whoever_waited_for_a_download_takes_a_finished_build(root: Path, engine: Engine) -> None:
    """
    Sources differ, the engine does not: the second process fetches nothing.
    """
    built = make(root, engine)

    taken = store.make(
        root,
        engine,
        "download",
        lambda _: pytest.fail("made it again"),
        accept=["path", "download", "build"],
        environ=dict(os.environ),
        waiting_for=print,
    )

    assert taken == built
