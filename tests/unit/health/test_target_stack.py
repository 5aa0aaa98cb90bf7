"""What a stack exports to be checked, and what its engine says instead."""

import json
import subprocess
from pathlib import Path

import pytest

from liveavatar_ops.health.stack import StackError, explain, stack_outputs
from liveavatar_ops.health.target import TargetError, from_stack
from tests.unit.health.test_target import body_of

OUTPUTS = {
    "environment": "dev",
    "templates": {
        "desk": {"name": "p-dev-desk", "body": body_of(), "digest": "sha256:1", "health": {"watch_s": 4}},
        "night": {"name": "p-dev-night", "body": body_of(), "digest": "sha256:2", "health": {}},
    },
}


def test_a_stack_gives_every_template_with_its_digest():
    """What was deployed is what is checked."""
    targets = from_stack("dev", OUTPUTS)

    assert [(t.name, t.digest, t.limits) for t in targets] == [
        ("desk", "sha256:1", {"watch_s": 4}),
        ("night", "sha256:2", {}),
    ]
    assert targets[0].body == body_of()


def test_one_template_of_a_stack_can_be_named():
    """A misspelt one is answered with the nearest."""
    assert [t.name for t in from_stack("dev", OUTPUTS, "night")] == ["night"]
    with pytest.raises(TargetError, match=r"no template 'nigt': did you mean 'night'\?"):
        from_stack("dev", OUTPUTS, "nigt")


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"other": 1}, "exports no templates"),
        ({"templates": {}}, "no session template"),
        ({"templates": {"desk": "[secret]"}}, "stack dev, template desk: its output holds no body"),
        (
            {"templates": {"desk": {"body": {"avatar_id": "x", "mod": 1}}}},
            "stack dev, template desk: avatar_id: must be",
        ),
        (
            {"templates": {"desk": {"body": body_of(), "health": {"nope": 1}}}},
            "stack dev, template desk: health.nope: no such limit",
        ),
        *(
            (
                {"templates": {"desk": {"body": body_of(), "health": wrong}}},
                "stack dev, template desk: health: should map names of limits to values",
            )
            for wrong in ("oops", "[secret]", 5, 0, True, False, "", [], [1, 2], [["watch_s", 5]])
        ),
        *(
            (
                {"templates": {"desk": {"body": body_of(), "digest": wrong}}},
                "stack dev, template desk: digest: should be text",
            )
            for wrong in ([1], [], {}, 5, False)
        ),
    ],
)
def test_a_stack_with_other_outputs_is_explained(outputs: dict[str, object], said: str):
    """A program of one's own may export anything."""
    with pytest.raises(TargetError) as raised:
        from_stack("dev", outputs)

    assert said in str(raised.value)


def test_all_that_is_wrong_with_a_stack_is_told_at_once_but_not_without_end():
    """Of each template the first twenty, and how many there are more."""
    limits = {f"nope{i}": 1 for i in range(30)}
    held = {"body": body_of(), "digest": 5, "health": limits}

    with pytest.raises(TargetError) as raised:
        from_stack("dev", {"templates": {"desk": held, "night": {**held, "health": 1}}})

    problems = raised.value.problems
    assert len(problems) == 21 + 2
    assert problems[20] == "stack dev, template desk: 11 more problems; mend these first"


@pytest.mark.parametrize("absent", [{}, {"digest": None, "health": None}, {"digest": ""}])
def test_a_stack_needs_to_export_neither_digest_nor_limits(absent: dict[str, object]):
    """The digest then is the body's own, as our kind computes it."""
    (target,) = from_stack("dev", {"templates": {"desk": {"body": body_of(), **absent}}})

    assert str(target.digest).startswith("sha256:")
    assert target.limits == {}


def done(code: int, out: str = "", err: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.CompletedProcess([], code, out, err)


@pytest.mark.parametrize(
    ("stderr", "what"),
    [
        ("error: no Pulumi.yaml project file found (searching upwards from /x)", "Change into the directory"),
        ("error: no stack named 'dev' found", "`pulumi up --stack dev`"),
        ("error: PULUMI_ACCESS_TOKEN must be set for login", "`pulumi login`"),
        ("error: get stack secrets manager: passphrase must be set with …", "PULUMI_CONFIG_PASSPHRASE"),
        ("error: something new\n", "something new. Run `pulumi stack output --stack dev` by hand"),
        ("", "it gave no reason"),
    ],
)  # fmt: skip
def test_what_pulumi_complains_of_becomes_one_line_with_what_to_type(stderr: str, what: str):
    """The engine's output is long and coloured; ours is one line."""
    with pytest.raises(StackError) as raised:
        stack_outputs("dev", pulumi=Path("pulumi"), run=lambda _: done(255, err=stderr))

    assert what in str(raised.value)
    assert "\n" not in str(raised.value)
    assert explain("dev", stderr) == str(raised.value)


def test_an_empty_stack_says_how_to_deploy():
    """No outputs: nothing was deployed yet."""
    with pytest.raises(StackError, match="Run `pulumi up --stack dev`"):
        stack_outputs("dev", pulumi=Path("pulumi"), run=lambda _: done(0, "{}"))


@pytest.mark.parametrize("printed", ["[1]", "nothing", '{"a": ' + "[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_outputs_that_are_no_object_are_one_line(printed: str):
    """Also what is nested so deeply, or so long a number, that no parser takes it."""
    with pytest.raises(StackError, match="printed no JSON object"):
        stack_outputs("dev", pulumi=Path("pulumi"), run=lambda _: done(0, printed))


def test_outputs_are_asked_for_without_secrets():
    """Nothing in a check may need the stack's secrets."""
    asked: list[list[str]] = []

    def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
        asked.append(command)
        return done(0, json.dumps(OUTPUTS))

    assert stack_outputs("dev", pulumi=Path("pulumi"), run=run) == OUTPUTS
    assert "--show-secrets" not in asked[0]


def test_a_missing_engine_is_named(tmp_path: Path):
    """An engine that does not run is not a traceback."""
    with pytest.raises(StackError, match="did not run"):
        stack_outputs("dev", pulumi=tmp_path / "nothing")
