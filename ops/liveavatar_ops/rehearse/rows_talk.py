"""Rows about the talk: a spoken question is asked, and ways of not answering well are told apart."""

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.verdicts import Cause, Verdict
from liveavatar_ops.rehearse.row import JUNE, MAREK, Row, play

_TALK = Depth.CONVERSATION
_BAD, _MILD, _FINE = Verdict.UNHEALTHY, Verdict.DEGRADED, Verdict.HEALTHY

TALK_ROWS: tuple[Row, ...] = (
    Row(
        "talks", _TALK, _FINE, Cause.NONE,
        "Heard, answered in time, with its own mouth.", avatar=JUNE,
    ),
    Row(
        "talks_in_the_dark", _TALK, _FINE, Cause.NONE,
        "In low light a talking mouth changes the picture half as much.", avatar=MAREK,
    ),
    Row(
        "talks_backlit", _TALK, _FINE, Cause.NONE,
        "A face in the dark before a bright garden: only its own light says how much its mouth can change.",
        (play("scene_cut", after_s=2),), avatar=MAREK,
    ),
    Row(
        "revoked_openai_key", _TALK, _BAD, Cause.NO_ANSWER,
        "OpenAI refuses the stored key after the start: the picture is healthy, and never a word comes.",
        wrong="openai_key",
    ),
    Row(
        "bad_key", _TALK, _BAD, Cause.NO_ANSWER,
        "The same seen from the other side: the model's endpoint refuses the avatar.", (play("bad_key"),),
    ),
    Row(
        "no_answer", _TALK, _BAD, Cause.NO_ANSWER,
        "The service says that it heard us; no word, no moving mouth.", (play("no_answer"),),
    ),
    Row(
        "slow_answer", _TALK, _MILD, Cause.SLOW,
        "The answer comes after 5 s: past 3 s, short of 8 s.", (play("slow_answer", delay_s=5),),
    ),
    Row(
        "mute", _TALK, _BAD, Cause.MUTE,
        "The service says that the avatar spoke; its sound is silence and its mouth rests.",
        (play("mute"),),
    ),
    Row(
        "mute_no_track", _TALK, _BAD, Cause.MUTE,
        "No sound track at all: whoever talks to it hears nothing.", (play("no_audio"),),
    ),
    Row(
        "silent_mouth", _TALK, _BAD, Cause.SILENT_MOUTH,
        "The mouth talks, no voice arrives: the sound is lost on the way, not the answer.",
        (play("silent_mouth"),),
    ),
    Row(
        "still_mouth", _TALK, _BAD, Cause.STILL_MOUTH,
        "The voice talks, the mouth stands.", (play("still_mouth"),),
    ),
    Row(
        "clipped", _TALK, _MILD, Cause.DISTORTED,
        "Harsh, but understood: the codec rounds the edges, and of a voice clipped all along some 3 % of the "
        "samples still stand at full scale; past 1 %, short of 10 %.", (play("clipped"),),
    ),
    Row(
        "breaks_up", _TALK, _BAD, Cause.DISTORTED,
        "The voice comes in shreds, 60 ms here, 120 ms of nothing there: with each of the emulator's voices "
        "33 to 60 % of this answer are found missing, past 25 %.",
        (play("breaks_up"),),
    ),
    Row(
        "av_offset", _TALK, _MILD, Cause.LIP_SYNC,
        "Sound 0.4 s before the lips: past ITU-R BT.1359; lips alone warn, they do not fail.",
        (play("av_offset", offset_ms=400),),
    ),
)  # fmt: skip
