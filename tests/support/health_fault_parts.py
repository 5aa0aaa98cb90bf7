"""What rows of faults share: pieces of facts, and short names of the verdicts."""

from liveavatar_ops.health.facts import Depth, HostFacts, RoomFacts, VideoFacts
from liveavatar_ops.health.verdicts import Verdict

NO_VIDEO = VideoFacts(watched_until_s=14.0)
STARVED = HostFacts(loop_lag_p95_s=0.3, loop_lag_max_s=1.2, busy_share=1.0, cores=2)
SILENT = {"answer_started_s": None, "answer_latency_s": None, "answer_speech_s": 0.0, "waited_s": 12.0}
UNHEARD = {"speak_started_event_s": None, "user_heard_event_s": None, "mouth_moving_s": 0.0}
NOTHING_HEARD = {**SILENT, **UNHEARD}
U, D, I, H = Verdict.UNHEALTHY, Verdict.DEGRADED, Verdict.INCONCLUSIVE, Verdict.HEALTHY  # noqa: E741  # I as in inconclusive
TALK = Depth.CONVERSATION


def room(**changes):
    """A room that the avatar never came to."""
    return RoomFacts(**{"connect_started_s": 1.0, "connected_s": 1.2, "watched_until_s": 21.2, **changes})
