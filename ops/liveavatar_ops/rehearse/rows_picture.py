"""Rows about what a viewer sees; and looks that are healthy, however odd."""

from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.verdicts import Cause, Verdict
from liveavatar_ops.rehearse.row import INES, JUNE, MAREK, STARTER, Row, play

_VIDEO = Depth.VIDEO
_BAD, _MILD, _FINE = Verdict.UNHEALTHY, Verdict.DEGRADED, Verdict.HEALTHY
_SHORT_WAIT = {"join_degraded_s": 2, "join_unhealthy_s": 4, "avatar_deadline_s": 5}

PICTURE_ROWS: tuple[Row, ...] = (
    Row(
        "late_avatar", _VIDEO, _MILD, Cause.SLOW,
        "It joins after 7 s: past 5 s, short of 15 s, and lives from then on.",
        (play("late_avatar", delay_s=7),),
    ),
    Row(
        "too_late_avatar", _VIDEO, _BAD, Cause.SLOW,
        "It joins past the limit (here 4 s): it is there, so it is not missing, but nobody waits so long.",
        (play("late_avatar", delay_s=6),),
        limits={"join_degraded_s": 1, "join_unhealthy_s": 4, "avatar_deadline_s": 15},
    ),
    Row(
        "no_avatar", _VIDEO, _BAD, Cause.NO_AVATAR,
        "The room is there, the avatar never joins.", (play("no_avatar"),), limits=_SHORT_WAIT,
    ),
    Row(
        "no_video", _VIDEO, _BAD, Cause.NO_VIDEO,
        "The avatar joins with sound only.", (play("no_video"),), limits={"video_deadline_s": 4},
    ),
    Row(
        "no_audio", _VIDEO, _MILD, Cause.MUTE,
        "No sound track: the picture lives, and a check that does not talk cannot say more than that.",
        (play("no_audio"),),
    ),
    Row(
        "stall", _VIDEO, _BAD, Cause.FROZEN,
        "Frames stop while the track says live; the wait after the last frame counts.",
        (play("stall", after_s=1.5),),
    ),
    Row(
        "frozen", _VIDEO, _BAD, Cause.FROZEN,
        "Frames come at full rate and show one picture: statistics of the transport see nothing of it.",
        (play("frozen"),),
    ),
    Row(
        "nearly_frozen", _VIDEO, _BAD, Cause.FROZEN,
        "The same picture under coding noise: still a photograph.", (play("nearly_frozen"),),
    ),
    Row(
        "frozen_logo", _VIDEO, _BAD, Cause.FROZEN,
        "Only a small logo moves: motion is not life.", (play("frozen_logo"),),
    ),
    Row(
        "black", _VIDEO, _BAD, Cause.BLACK,
        "Black, not frozen, though it stands still too: the root is named.", (play("black"),),
    ),
    Row(
        "one_colour", _VIDEO, _BAD, Cause.ONE_COLOUR,
        "A background without its avatar.", (play("one_colour"),),
    ),
    Row(
        "low_fps", _VIDEO, _BAD, Cause.SLOW,
        "5 frames a second: a slide show, under 12.", (play("low_fps", fps=5),),
    ),
    Row(
        "jerky", _VIDEO, _MILD, Cause.SLOW,
        "16 frames a second: under 20, over 12.", (play("low_fps", fps=16),),
    ),
    Row(
        "falling_fps", _VIDEO, _MILD, Cause.SLOW,
        "The last third runs at two thirds of the first: worth a warning before it is a slide show.",
        (play("falling_fps"),), limits={"watch_s": 12},
    ),
    Row(
        "small", _VIDEO, _BAD, Cause.SMALL,
        "A quarter of the area that was asked for.", (play("small"),),
    ),
    Row(
        "resolution_drop", _VIDEO, _BAD, Cause.SMALL,
        "It began at full size and shrank while one watched.", (play("resolution_drop", after_s=1.5),),
        limits={"watch_s": 8},
    ),
    Row(
        "leaves", _VIDEO, _BAD, Cause.AVATAR_LEFT,
        "The avatar goes while the room stays: the picture did not freeze, its owner left.",
        (play("leaves", after_s=2),),
    ),
    Row(
        "early_end", _VIDEO, _BAD, Cause.AVATAR_LEFT,
        "The service ends the session while one watches.",
        (play("early_end", after_s=6),), limits={"watch_s": 9},
    ),
    Row(
        "credits_run_out", _VIDEO, Verdict.INCONCLUSIVE, Cause.QUOTA,
        "The account's credits end while one watches, and the session with them: no fault of the avatar.",
        (play("early_end", after_s=6, reason="NO_CREDITS"),), limits={"watch_s": 9},
    ),
    Row(
        "false_end", _VIDEO, _BAD, Cause.AVATAR_LEFT,
        "The service says that the session is over. A viewer's SDK cleans up at that word, picture or not.",
        (play("false_end", after_s=2),),
    ),
    Row(
        "unpublishes", _VIDEO, _BAD, Cause.NO_VIDEO,
        "The avatar stays and takes its video track back: nothing froze, nothing is shown.",
        (play("unpublishes", after_s=2),),
    ),
    Row(
        "lossy", _VIDEO, Verdict.INCONCLUSIVE, Cause.OWN_NETWORK,
        "Six packets of ten get lost each way: no frame can be put together. Our way, not the avatar.",
        (play("poor_network", loss=0.6, after_s=9),), limits={"watch_s": 12},
    ),
)  # fmt: skip

HEALTHY_ROWS: tuple[Row, ...] = (
    Row("studio", _VIDEO, _FINE, Cause.NONE, "A listening avatar hardly moves, and lives.", avatar=JUNE),
    Row("plain", _VIDEO, _FINE, Cause.NONE, "A plain background is not one colour.", avatar=STARTER),
    Row("dark", _VIDEO, _FINE, Cause.NONE, "Low light by design is not black.", avatar=MAREK),
    Row("vertical", _VIDEO, _FINE, Cause.NONE, "An upright picture is as large as asked.", avatar=INES),
    Row(
        "scene_cut", _VIDEO, _FINE, Cause.NONE,
        "A new background from one frame to the next is direction, not a fault.",
        (play("scene_cut", after_s=2),), avatar=JUNE,
    ),
    Row(
        "hitch", _VIDEO, _FINE, Cause.NONE,
        "One gap of 0.3 s is below what a viewer is bothered by (0.5 s).",
        (play("stall", after_s=2, for_s=0.3),),
    ),
    Row(
        "unhurried", _VIDEO, _FINE, Cause.NONE,
        "A start of 1.5 s and an avatar after 2 s are within the limits.",
        (play("slow", path="/v1/sessions/start", delay_s=1.5), play("late_avatar", delay_s=2)),
    ),
    Row(
        "far_away", _VIDEO, _FINE, Cause.NONE,
        "0.1 s each way is a viewer on another continent.",
        (play("poor_network", loss=0, delay_s=0.1, jitter_s=0.015),),
    ),
    Row(
        "udp_blocked", _VIDEO, _FINE, Cause.NONE,
        "UDP is blocked and media goes over TCP: the viewer sees a living avatar, the report notes the way.",
        (play("udp_blocked"),),
    ),
)  # fmt: skip
