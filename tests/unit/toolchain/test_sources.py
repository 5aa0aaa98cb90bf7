"""Where an engine comes from: PATH, the download, a build."""

import os
from pathlib import Path
from urllib.error import URLError

import pytest

from installer import sources
from installer.pins import Engine
from installer.problems import NotHere, StepFailed
from installer.progress import Screen

from .fakes import GOOD_BUILD, Terminal, archive, executable, fake_engine, fake_go, motor, names


def on_path(engine: Engine, *directories: Path, cache: Path = Path("/nowhere")) -> Path:
    path = os.pathsep.join([*(str(directory) for directory in directories), "/usr/bin", "/bin"])
    return sources.on_path(engine, {"PATH": path}, cache=cache).directory


def test_a_fitting_engine_on_path_is_taken(engine: Engine, tmp_path: Path) -> None:
    """
    The first directory of PATH that holds the right version, whole, wins.
    """
    old, fitting = motor(tmp_path / "old", version="3.1.3"), motor(tmp_path / "fitting")

    assert on_path(engine, old, fitting) == fitting


def test_a_link_on_path_is_followed(engine: Engine, tmp_path: Path) -> None:
    """
    Helpers are looked for beside the real binary, where the engine itself looks.
    """
    real = motor(tmp_path / "real")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "motor").symlink_to(real / "motor")

    assert on_path(engine, tmp_path / "bin") == real


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda place: place.mkdir(), "no motor on PATH"),
        (lambda place: motor(place, version="4.0.0"), "motor is 4.0.0"),
        (lambda place: motor(place, without="motor-host"), "has no motor-host beside it"),
        (lambda place: executable(place / "motor", "exit 3"), "motor does not run"),
    ],
    ids=["none", "another version", "no host", "broken"],
)
def test_an_engine_that_does_not_fit_is_named(engine: Engine, tmp_path: Path, prepare, sentence: str) -> None:
    """
    What was found and why it was passed over is said, for it may be what the user meant.
    """
    prepare(tmp_path / "bin")

    with pytest.raises(NotHere, match=sentence):
        on_path(engine, tmp_path / "bin")


def test_our_own_links_are_not_somebody_elses_engine(engine: Engine, tmp_path: Path) -> None:
    """
    In an activated environment PATH begins with our links; taking them would link them to themselves.
    """
    cache = motor(tmp_path / "cache" / "bin")
    links = tmp_path / "links"
    links.mkdir()
    (links / "motor").symlink_to(cache / "motor")

    with pytest.raises(NotHere, match="no motor on PATH"):
        on_path(engine, links, cache, cache=tmp_path / "cache")


def test_the_download_yields_the_binaries_and_nothing_else(tmp_path: Path, screen: Screen) -> None:
    """
    Files are taken by name; a path inside the archive decides nothing.
    """
    url = archive(
        tmp_path / "motor.tar.gz",
        {"motor/motor": "echo motor v3.1.4", "../../motor-host": "true", "motor/README": "", "/etc/x": ""},
    )
    into = tmp_path / "deep" / "down" / "bin"
    into.mkdir(parents=True)

    sources.download(fake_engine(tmp_path / "m", url=url), into, screen)

    assert names(into) == ["motor", "motor-host"]
    assert all(os.access(into / name, os.X_OK) for name in names(into))
    assert names(tmp_path / "deep") == ["down"]


def test_a_download_that_is_no_archive_is_said_so(tmp_path: Path, screen: Screen) -> None:
    """
    A captive portal's page is not unpacked.
    """
    (tmp_path / "page").write_text("<html>please log in</html>")

    with pytest.raises(NotHere, match="is no archive"):
        sources.download(fake_engine(tmp_path / "m", url=(tmp_path / "page").as_uri()), tmp_path, screen)


def test_a_cut_download_is_said_so(tmp_path: Path, screen: Screen) -> None:
    """
    Half an archive is not taken for a whole one.
    """
    place = tmp_path / "motor.tar.gz"
    url = archive(place, {"motor": os.urandom(4096).hex()})
    place.write_bytes(place.read_bytes()[:-1500])

    with pytest.raises(NotHere, match="is no archive"):
        sources.download(fake_engine(tmp_path / "m", url=url), tmp_path, screen)


def test_an_address_that_does_not_answer_is_named(tmp_path: Path, screen: Screen) -> None:
    """
    The sentence names the host and the reason.
    """

    def opener(*_: object, **__: object) -> None:
        raise URLError("no route to host")

    engine = fake_engine(tmp_path / "m", url="https://releases.example.test/motor.tar.gz")

    with pytest.raises(NotHere, match=r"releases\.example\.test could not be reached \(no route to host\)"):
        sources.download(engine, tmp_path, screen, opener=opener)


def build(engine: Engine, tmp_path: Path, environ: dict[str, str], terminal: Terminal) -> Path:
    into = tmp_path / "making" / "bin"
    into.mkdir(parents=True)
    sources.build(engine, into, Screen(terminal), environ=environ)
    return into


def test_a_build_yields_the_binaries(
    engine: Engine, tmp_path: Path, environ: dict[str, str], terminal: Terminal
) -> None:
    """
    With Go on PATH the binaries come out, and the steps are said.
    """
    fake_go(tmp_path / "path", build=GOOD_BUILD)

    into = build(engine, tmp_path, environ, terminal)

    assert names(into) == ["motor", "motor-host"]
    assert "compiling" in terminal.getvalue()


def test_a_failed_step_says_which_and_what_it_said(
    engine: Engine, tmp_path: Path, environ: dict[str, str], terminal: Terminal
) -> None:
    """
    The step, its exit code and its last lines are told; an address loses its password.
    """
    fake_go(
        tmp_path / "path",
        build="echo early; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo line $i; done\n"
        "echo cannot fetch https://me:hunter2@proxy.example.test/gear; exit 7",
    )

    with pytest.raises(StepFailed) as caught:
        build(engine, tmp_path, environ, terminal)

    text = str(caught.value)
    assert "“go build” failed" in text
    assert "exit code 7" in text
    assert "line 14" in text
    assert "early" not in text
    assert "hunter2" not in text
    assert "done" not in terminal.getvalue().splitlines()[-1]


def test_without_go_one_line_says_what_is_needed(
    engine: Engine, tmp_path: Path, environ: dict[str, str], terminal: Terminal
) -> None:
    """
    No Go is no traceback: the version that is needed is named.
    """
    environ["PATH"] = str(tmp_path / "path")

    with pytest.raises(NotHere, match=r"^no Go on PATH; 1\.26\.0 or newer is needed$"):
        build(engine, tmp_path, environ, terminal)


@pytest.mark.parametrize("old", ["go1.18", "go1.25.9"])
def test_a_go_that_is_too_old_is_named(
    engine: Engine, tmp_path: Path, environ: dict[str, str], terminal: Terminal, old: str
) -> None:
    """
    The version that is there and the one that is needed stand side by side.
    """
    fake_go(tmp_path / "path", build="exit 1", version=old)

    with pytest.raises(NotHere, match=rf"is {old[2:]}, too old; 1\.26\.0 or newer"):
        build(engine, tmp_path, environ, terminal)
