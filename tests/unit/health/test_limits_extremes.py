"""The least and the most that each limit may be: no check may break over what it was told to judge by."""

import pytest

from liveavatar_ops.health.conversing import Asked, conversation_facts
from liveavatar_ops.health.facts import Depth
from liveavatar_ops.health.judge import judge
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.measure import VideoMeter
from tests.support import health_pictures as show
from tests.support.health_facts import healthy
from tests.support.health_sound import hear, silence, tone


@pytest.mark.parametrize("bound", ["least", "most"])
@pytest.mark.parametrize("name", sorted(Limits.model_fields))
def test_no_allowed_value_of_a_limit_breaks_a_check(name: str, bound: str):
    """Silly values give silly verdicts; they do not end a check that has opened a session."""
    kept = {rule.__class__.__name__: rule for rule in Limits.model_fields[name].metadata}
    ends = {"least": getattr(kept.get("Ge"), "ge", -200.0), "most": getattr(kept.get("Le"), "le", 1e6)}
    default = Limits.model_fields[name].default
    held = Limits.model_validate({name: (not default) if isinstance(default, bool) else ends[bound]})
    video, audio = VideoMeter(held, keep_mouth=True), hear(silence(1), tone(3, 0.2), limits=held)
    for at_s, frame in show.frames(lambda i: show.talking(i)[::4, ::4].copy(), 3.5):
        video.frame(frame, at_s + 2.5)

    asked = Asked(0.5, 2.5, 6.0)
    talk = conversation_facts(asked, audio=audio, video=video, events=(), limits=held)
    speech = audio.facts().speech
    facts = healthy(Depth.CONVERSATION, video=video.facts(6.0, speech=speech), audio=audio.facts())
    judged = judge(facts.model_copy(update={"conversation": talk}), held)

    assert judged.headline
    assert video.undecided_s(6.0, speech=speech) >= 0
