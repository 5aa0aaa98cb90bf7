"""What is to be checked: exact bodies out of stacks, files and flags, and every mistake with its place."""

import os
import textwrap
from pathlib import Path

import pytest

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.target import TargetError, from_file, from_flags

AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
SECRET = "0b5f3a52-6a3e-4e41-9d50-0d6a52a4f0a1"
CONTEXT = "0b5f3a52-6a3e-4e41-9d50-0d6a52a4f0a2"


def written(tmp_path: Path, text: str, name: str = "desk.yaml") -> Path:
    path = tmp_path / name
    path.write_text(textwrap.dedent(text))
    return path


def body_of(avatar: str = AVATAR) -> dict[str, object]:
    return {"mode": "LITE", "avatar_id": avatar, "is_sandbox": True}


def test_a_file_gives_the_exact_body_and_its_limits(tmp_path: Path):
    """Nothing is added to the body but the API's own defaults; health limits are not part of it."""
    path = written(
        tmp_path,
        f"""\
        avatar_id: {AVATAR}
        video_settings: {{quality: medium}}
        openai_realtime_config:
          secret_id: {SECRET}
          context_id: {CONTEXT}
          voice: marin
        health:
          gap_unhealthy_s: 3
        """,
    )

    target = from_file(path)

    assert target.body == {
        "mode": "LITE",
        "avatar_id": AVATAR,
        "is_sandbox": False,
        "video_settings": {"quality": "medium", "encoding": "H264"},
        "openai_realtime_config": {
            "secret_id": SECRET,
            "context_id": CONTEXT,
            "voice": "marin",
            "model": "gpt-realtime",
            "temperature": 0.8,
        },
    }
    assert target.limits == {"gap_unhealthy_s": 3}
    facts = target.facts(Depth.VIDEO)
    assert (facts.name, facts.width, facts.height, facts.connector) == ("desk", 854, 480, "openai_realtime")


def test_a_json_file_with_tabs_reads_like_yaml(tmp_path: Path):
    """JSON editors indent by tabs."""
    path = written(tmp_path, f'{{\n\t"avatar_id": "{AVATAR}"\n}}\n', "desk.json")

    assert from_file(path).body["avatar_id"] == AVATAR


MISTAKES = [
    pytest.param("avatar_id: [1\n", ["desk.yaml:2: "], id="no yaml"),
    pytest.param("- a\n", ["desk.yaml:1: holds no mapping"], id="a list"),
    pytest.param("", ["desk.yaml:1: holds no mapping"], id="empty"),
    pytest.param("mode: LITE\n", ["desk.yaml:1: avatar_id: is missing"], id="no avatar"),
    pytest.param("\navatar_id: june\n", ["desk.yaml:2: avatar_id: must be a UUID"], id="no uuid"),
    pytest.param(
        f"avatar_id: {AVATAR}\nvidoe_settings: {{}}\n",
        ["desk.yaml:2: vidoe_settings: there is no such field; did you mean 'video_settings'?"],
        id="misspelt field",
    ),
    pytest.param(
        f"avatar_id: {AVATAR}\nopenai_realtime_config:\n  secret_id: {SECRET}\n"
        "  voice: marina\n  temperature: 3\n",
        [
            "desk.yaml:4: openai_realtime_config.voice: should be",
            "desk.yaml:5: openai_realtime_config.temperature: should be less than or equal to 1.2",
        ],
        id="two at once",
    ),
    pytest.param(
        f"avatar_id: {AVATAR}\navatar_id: {AVATAR}\n", ["desk.yaml:2: avatar_id is given twice"], id="twice"
    ),
    pytest.param(
        f"avatar_id: {AVATAR}\nhealth:\n  watch_s: 3\n  gap_unhealty_s: 3\n",
        ["desk.yaml:4: health.gap_unhealty_s: no such limit; did you mean gap_unhealthy_s?"],
        id="misspelt limit",
    ),
    pytest.param(
        f"avatar_id: {AVATAR}\nhealth: fast\n", ["desk.yaml:2: health: should map"], id="limits are a word"
    ),
    pytest.param(
        f"avatar_id: {AVATAR}\nhealth:\n  1: 2\n  null: 3\n  on: 4\n",
        [
            f"desk.yaml:{line}: health.{name}: no such limit"
            for line, name in ((3, 1), (4, "null"), (5, "on"))
        ],
        id="limits that are no words",
    ),
    pytest.param(
        f"avatar_id: {AVATAR}\n{'k' * 900}: 1\nhealth:\n  {'l' * 900}: 1\n",
        [
            f"desk.yaml:2: {'k' * 59}…: there is no such field",
            f"desk.yaml:4: health.{'l' * 59}…: no such limit",
        ],
        id="long names",
    ),
    pytest.param(f"avatar_id: {AVATAR}\n~: 1\n", ["desk.yaml:2: ~: there is no such"], id="a tilde"),
    pytest.param(f"avatar_id: {AVATAR}\nhealth: 0\n", ["desk.yaml:2: health: should map"], id="limits are 0"),
    pytest.param(
        f"avatar_id: {AVATAR}\n" + "".join(f"k{i}: 1\n" for i in range(5000)),
        [
            *(f"desk.yaml:{line}: k{line - 2}: there is" for line in range(2, 22)),
            "desk.yaml: 4,980 more problems",
        ],
        id="very many",
    ),
    pytest.param(
        "# June\ncontext: concierge\navatar: june\n",
        ["desk.yaml:3: this is a template of the catalog"],
        id="a catalog template",
    ),
    pytest.param(
        f"avatar_id: {AVATAR}\nlivekit_config:\n  livekit_url: wss://x\n  livekit_room: r\n"
        "  livekit_client_token: t\n",
        ["desk.yaml:2: livekit_config: a room of your own"],
        id="own room",
    ),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_every_mistake_in_a_file_is_named_with_its_line(tmp_path: Path, text: str, expected: list[str]):
    """All at once, in the order of the file, none with a traceback."""
    path = written(tmp_path, text)

    with pytest.raises(TargetError) as raised:
        from_file(path)

    problems = [problem.replace(f"{tmp_path}/", "") for problem in raised.value.problems]
    assert len(problems) == len(expected)
    for problem, start in zip(problems, expected, strict=True):
        assert problem.startswith(start)


def test_a_file_that_is_not_there_says_so(tmp_path: Path):
    """The system's own words, with the path."""
    with pytest.raises(TargetError, match=r"none\.yaml: cannot be read: No such file"):
        from_file(tmp_path / "none.yaml")


@pytest.mark.timeout(60)
def test_a_file_that_became_a_pipe_hangs_nothing(tmp_path: Path):
    """A watcher reads its files again and again."""
    os.mkfifo(path := tmp_path / "desk.yaml")

    with pytest.raises(TargetError, match=r"desk\.yaml: cannot be read: it is neither a file nor"):
        from_file(path)


def test_a_binary_file_is_no_traceback(tmp_path: Path):
    """Somebody will name a picture."""
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe\x00\x89PNG")

    with pytest.raises(TargetError, match=r"x\.yaml:1: "):
        from_file(path)


def test_a_key_pasted_into_a_file_is_not_quoted(tmp_path: Path):
    """A wrong value may be a secret; the sentence names the field only."""
    path = written(tmp_path, f"avatar_id: {AVATAR}\nopenai_realtime_config:\n  secret_id: sk-canary-123456\n")

    with pytest.raises(TargetError) as raised:
        from_file(path)

    assert "sk-canary" not in str(raised.value)
    assert "secret_id" in str(raised.value)


def test_flags_give_a_body():
    """The quickest way to look at one avatar."""
    target = from_flags(
        {"avatar": AVATAR, "secret-id": SECRET, "voice": "marin", "quality": "low", "sandbox": True}
    )

    assert target.body["openai_realtime_config"]["voice"] == "marin"
    assert target.body["is_sandbox"] is True
    assert target.facts(Depth.VIDEO).width == 640


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({}, ["--avatar: is missing"]),
        ({"avatar": "june"}, ["--avatar: must be a UUID"]),
        ({"avatar": AVATAR, "voice": "marin"}, ["--secret-id: is missing"]),
        (
            {"avatar": AVATAR, "secret-id": SECRET, "temperature": 2.0, "quality": "huge"},
            ["--quality: should be", "--temperature: should be less"],
        ),
        (
            {"avatar": AVATAR, "sandbox": True, "max-session-duration": 90},
            ["--max-session-duration: should be at most 60"],
        ),
    ],
)
def test_a_wrong_flag_is_named_by_its_flag(flags: dict[str, object], said: list[str]):
    """A reader typed --temperature, not openai_realtime_config.temperature."""
    with pytest.raises(TargetError) as raised:
        from_flags(flags)

    assert len(raised.value.problems) == len(said)
    for problem, start in zip(sorted(raised.value.problems), sorted(said), strict=True):
        assert problem.startswith(start)
