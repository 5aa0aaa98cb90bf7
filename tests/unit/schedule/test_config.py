"""watch.yaml: everything that is wrong is said at once, with file and line."""

from pathlib import Path

import pytest

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.stack import StackError
from liveavatar_ops.schedule.config_file import WatchConfigError, read_config
from liveavatar_ops.schedule.start import Seams, run_watch
from liveavatar_ops.schedule.targets import NothingToWatch, resolve
from liveavatar_ops.schedule.wishes import Wishes, config_of
from tests.support.watch_process import AVATAR, outputs

WHOLE = """\
every: 5m
jitter: 10%
depth: video
time_zone: Europe/Berlin
targets:
  - stack: prod
    every: 15m
  - {stack: prod, template: front-desk, name: the desk, depth: conversation, sandbox: no, long: {at: "04:10"}}
  - template_file: june.yaml
confirm: {every: 1m, failures: 2, recoveries: 2, of: 3}
flapping: {changes: 4, within: 1h, settle: 5}
quota: {first: 2m, most: 1h}
budget: {credits_a_day: 200}
account: {concurrency: 5, keep_free: 2, max_parallel: 2}
maintenance:
  - {from: "02:00", for: 30m}
  - {days: [sun], from: 22:30, for: 2h, mode: mute, targets: [the desk]}
  - {from: 2026-12-24T18:00+01:00, to: 2026-12-27T08:00+01:00}
notify:
  - {kind: slack, url_env: SLACK_URL}
serve: {port: 9100, page_url: https://status.example.com}
textfile: metrics/liveavatar.prom
evidence: {directory: proof, keep: 50}
keep_history: 30d
"""


LONG_IN_SANDBOX = (
    "target dev/front: long.watch_for is 150 s, but a sandbox session ends after 60 s; watch for less, "
    "or leave `long:` out"
)
DEV = "targets: [{stack: dev}]\n"


def problems_of(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "watch.yaml"
    path.write_text(text)
    with pytest.raises(WatchConfigError) as refused:
        read_config(path)
    return [each.removeprefix(f"{path}:") for each in refused.value.problems]


def test_the_whole_of_it_is_read(tmp_path: Path):
    """Each key once; relative paths mean beside the file."""
    path = tmp_path / "watch.yaml"
    path.write_text(WHOLE)
    found = read_config(path)

    assert (found.every, found.jitter, found.depth) == (300.0, 0.1, Depth.VIDEO)
    assert found.targets[1].long.watch_for == 150.0
    assert found.targets[2].template_file == tmp_path / "june.yaml"
    assert (found.textfile, found.evidence.directory) == (
        tmp_path / "metrics/liveavatar.prom",
        tmp_path / "proof",
    )
    assert found.maintenance[1].begins.isoformat() == "22:30:00", "YAML reads it as a number to base 60"
    assert found.maintenance[2].ends.utcoffset().total_seconds() == 3600


MISTAKES = {
    DEV + "evry: 5m": "2: evry: there is no such key; did you mean 'every'?",
    "targets:\n  - stack: dev\n    tempalte: x": (
        "3: targets[0].tempalte: there is no such key; did you mean 'template'?"
    ),
    DEV + "maintenance:\n  - {from: '02:00', for: 30m, moed: mute}": (
        "3: maintenance[0].moed: there is no such key; did you mean 'mode'?"
    ),
    DEV + "every: 5": "2: every: should be a duration with its unit, such as 90s, 5m, 1h30m or 1d",
    DEV + "every: 0s": "2: every: must be more than nothing",
    "every: 5m": "1: targets: is missing",
    "targets: []": "1: targets: should name at least one target, for example `- stack: dev`",
    "targets: [{stack: dev, template_file: x}]": "1: targets[0]: give either `stack:` or `template_file:`",
    DEV + "time_zone: Berlin": (
        "2: time_zone: is no time zone that this machine knows; write one such as Europe/Berlin or UTC"
    ),
    DEV + "account: {keep_free: 2}": (
        "2: account: `keep_free:` needs `concurrency:`; LiveAvatar does not tell a plan's limit"
    ),
    DEV + "confirm: {failures: 4, of: 3}": (
        "2: confirm: `of:` must be at least as many as `failures:` and `recoveries:`"
    ),
    DEV + "maintenance:\n  - {from: 2026-01-02T00:00, to: 2026-01-01T00:00}": (
        "3: maintenance[0]: `to:` must be later than `from:`"
    ),
    DEV + "every: 5m\nevery: 6m": "3: every is given twice; keep one",
    "- a": "1: holds no mapping. Begin with `targets:`, for example `targets: [{stack: dev}]`",
    "targets: [": "1: expected the node content, but found '<stream end>'",
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.items())
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, said: str):
    """And with what to write instead."""
    assert problems_of(tmp_path, text) == [said]


def test_all_mistakes_are_said_at_once(tmp_path: Path):
    """In the order of the file."""
    found = problems_of(
        tmp_path, "targets: [{}]\nevry: 1m\njitter: 80%\nnotify:\n  - {kind: mail, url_env: a b}\n"
    )

    assert [each.split(": ")[0] + ": " + each.split(": ")[1] for each in found] == [
        "1: targets[0]", "2: evry", "3: jitter", "5: notify[0].kind", "5: notify[0].url_env",
    ]  # fmt: skip


def test_a_webhook_address_in_the_file_is_refused_and_not_repeated(tmp_path: Path):
    """It is a secret: only the name of a variable may stand there."""
    text = "targets: [{stack: dev}]\nnotify: [{kind: slack, url_env: https://hooks.example.com/T0/very-secret}]\n"
    found = "\n".join(problems_of(tmp_path, text))

    assert "notify[0].url_env: write the NAME of a variable, not its address" in found
    assert "very-secret" not in found


def test_a_picture_for_slack_needs_a_page_that_slack_reaches(tmp_path: Path):
    """It fetches the picture itself."""
    text = "targets: [{stack: dev}]\nnotify:\n  - {kind: slack, url_env: A, show_sheet: true}\n"

    [said] = problems_of(tmp_path, text)
    assert said.startswith("3: notify[0].show_sheet: Slack fetches the picture itself: serve.page_url must")
    (tmp_path / "watch.yaml").write_text(f"{text}serve: {{page_url: https://status.example.com}}\n")
    assert read_config(tmp_path / "watch.yaml").notify[0].show_sheet


def test_the_stack_gives_its_templates_and_a_special_entry_wins(tmp_path: Path):
    """Whichever stands first."""
    (tmp_path / "june.yaml").write_text(f"avatar_id: {AVATAR}\nmode: LITE\nis_sandbox: true\n")
    path = tmp_path / "watch.yaml"
    path.write_text(WHOLE)
    found = resolve(read_config(path), outputs=lambda _: outputs(["front-desk", "night-desk"]))
    by_name = {each.name: each for each in found}

    assert set(by_name) == {"prod/night-desk", "the desk", "june"}
    assert (by_name["the desk"].depth, by_name["the desk"].every_s) == (Depth.CONVERSATION, 300.0)
    assert (by_name["prod/night-desk"].every_s, by_name["june"].sandbox) == (900.0, True)
    assert by_name["the desk"].arguments == ("--stack", "prod", "--template", "front-desk", "--no-sandbox")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("targets: [{stack: gone}]", ["Stack gone cannot be read: it is not there."], id="stack"),
        pytest.param("targets: [{stack: dev, template: frnt}]",
                     ["Stack dev has no template 'frnt': did you mean 'front'?"], id="template"),
        pytest.param("targets: [{stack: dev}, {stack: dev}]",
                     ["target dev/front: stands twice in the file; leave one out"], id="twice"),
        pytest.param("targets: [{stack: dev}]\nnotify: [{kind: slack, url_env: A, targets: [dev/frnt]}]",
                     ["notify[0].targets: there is no target 'dev/frnt'; did you mean 'dev/front'?"],
                     id="channel"),
        pytest.param("targets: [{stack: dev, long: {watch_for: 150s}}]",
                     [LONG_IN_SANDBOX], id="long in sandbox"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, text: str, said: list[str]
):
    """A watcher that watches nothing for a night is worse than none."""

    def stacks(name: str):
        if name == "gone":
            raise StackError("Stack gone cannot be read: it is not there.")
        return outputs(["front"], sandbox=True)

    path = tmp_path / "watch.yaml"
    path.write_text(text)
    with pytest.raises(NothingToWatch) as refused:
        resolve(read_config(path), outputs=stacks)

    line = 2 if "notify" in text else 1
    assert refused.value.problems == [f"{path}:{line}: {sentence}" for sentence in said]


def test_nobody_is_asked_a_question_whom_nobody_lets_answer(tmp_path: Path):
    """A silent avatar would be called sick all night; a special entry for the same template may mend it."""
    (tmp_path / "june.yaml").write_text(f"avatar_id: {AVATAR}\n")
    path = tmp_path / "watch.yaml"
    path.write_text("depth: conversation\ntargets: [{stack: dev}, {template_file: june.yaml}]\n")

    with pytest.raises(NothingToWatch) as refused:
        resolve(read_config(path), outputs=lambda _: outputs(["front"]))

    (problem,) = refused.value.problems
    assert "june has no openai_realtime_config, so nothing can answer; use `depth: video`" in problem


def test_a_target_may_be_watched_in_the_sandbox(tmp_path: Path):
    """It costs nothing then, and the check is told; over the same template's general entry it wins."""
    path = tmp_path / "watch.yaml"
    path.write_text("targets: [{stack: dev}, {stack: dev, template: front, sandbox: true}]\n")

    (found,) = resolve(read_config(path), outputs=lambda _: outputs(["front"]))

    assert found.sandbox
    assert found.arguments == ("--stack", "dev", "--template", "front", "--sandbox")


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (Wishes(), ["Nothing to watch: give --stack NAME, --template-file FILE, or --config watch.yaml"]),
        (Wishes(template="a"),
         ["Nothing to watch: give --stack NAME, --template-file FILE, or --config watch.yaml"]),
        (Wishes(stacks=("dev",), every="5"),
         ["--every: should be a duration with its unit, such as 90s, 5m, 1h30m or 1d"]),
        (Wishes(stacks=("dev",), depth="deep", port=99999),
         ["--depth: should be 'api', 'session', 'video' or 'conversation'",
          "--port: should be less than or equal to 65535"]),
        (Wishes(config=Path("w.yaml"), stacks=("dev",), every="5m"),
         ["--stack: write it into w.yaml instead; --config says it all",
          "--every: write it into w.yaml instead; --config says it all"]),
    ],
)  # fmt: skip
def test_flags_are_complained_about_as_flags(wishes: Wishes, said: list[str]):
    """Nobody who typed --every has heard of a key."""
    with pytest.raises(WatchConfigError) as refused:
        config_of(wishes)

    assert refused.value.problems == said


def test_flags_make_the_same_configuration():
    """The simple case needs no file."""
    found = config_of(
        Wishes(stacks=("dev", "prod"), every="10m", credits_a_day=20, port=9100, evidence=Path("/e"))
    )

    assert [t.stack for t in found.targets] == ["dev", "prod"]
    assert (found.every, found.budget.credits_a_day, found.serve.port) == (600.0, 20, 9100)
    assert found.evidence.directory == Path("/e")


def test_a_dry_run_finds_what_would_stop_the_watcher(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Everything at once, each with its line; only the API key is not needed for a plan."""
    monkeypatch.delenv("NOWHERE_SET", raising=False)
    (tmp_path / "afile").touch()
    path = tmp_path / "watch.yaml"
    path.write_text(
        "targets:\n"
        "  - {stack: gone}\n"
        "  - {template_file: none.yaml}\n"
        "notify:\n"
        "  - {kind: slack, url_env: NOWHERE_SET}\n"
        "evidence:\n"
        "  directory: afile/sub\n"
    )

    def gone(name: str):
        raise StackError(f"Stack {name} cannot be read: it is not there.")

    for dry_run in (True, False):
        assert run_watch(Wishes(config=path, dry_run=dry_run), Seams(outputs=gone)) == 2
        said = capsys.readouterr().err
        lines = [line.removeprefix(f"liveavatar-ops: {path}:") for line in said.splitlines()]
        assert [line.partition(":")[0] for line in lines] == ["2", "3", "5", "7"]
        assert "Stack gone cannot be read" in said
        assert "none.yaml: cannot be read" in said
        assert "NOWHERE_SET is not set" in said
        assert "evidence.directory: " in said
    assert sorted(each.name for each in tmp_path.iterdir()) == ["afile", "watch.yaml"]
