"""The user speaks into the avatar: bridge and conversation, against the stand-in over loopback."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from liveavatar_emulator.worker.bridge import Bridge
from liveavatar_emulator.worker.conversation import Conversation
from liveavatar_emulator.worker.job import Job, read_job
from liveavatar_emulator.worker.speech import speak
from tests.support.stand_in import KEY, StandIn, running_stand_in

LONG = " ".join(["one two three four five"] * 12)
RATE, PIECE_S = 48000, 0.02
ON_ITS_WAY_MS = 100


def job_of(stand_in: StandIn) -> Job:
    openai = {"base_url": stand_in.url, "api_key": KEY, "voice": "cedar"}
    who = {"session_id": "s", "livekit_url": "ws://127.0.0.1:1", "token": "t", "avatar": {"id": "a"}}
    return read_job(json.dumps({**who, "context": {"prompt": "You are Marek."}, "openai": openai}))


@dataclass
class Stage:
    """A conversation whose sound is played as a room would, and what everybody was told."""

    talk: Conversation
    bridge: Bridge
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    emitted: list[dict[str, Any]] = field(default_factory=list)
    """What the control plane was told."""
    hushed: int = 0
    busy_when_hushed: list[bool] = field(default_factory=list)
    """Whether anything was still to be played when the avatar fell silent, each time."""
    loud: list[bool] = field(default_factory=list)
    """For each 20 ms that were played, whether anything was to be heard."""

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(0.01)

    async def connected(self) -> None:
        """Until the model hears: what is said before that reaches nobody."""
        await self.until(lambda: [one for one in self.emitted if one.get("state") == "connected"])

    async def spoken(self, pieces: int) -> None:
        """Until the avatar was heard for so many times 20 ms more."""
        goal = sum(self.loud) + pieces
        await self.until(lambda: sum(self.loud) >= goal)

    async def user_says(self, text: str) -> None:
        pcm = np.concatenate([speak(text, "echo"), np.zeros(24000, dtype=np.int16)])
        for start in range(0, len(pcm), 2400):
            self.talk.hear(pcm[start : start + 2400].tobytes())
            await asyncio.sleep(0)

    async def play(self) -> None:
        while True:
            piece = self.talk.playout.take(round(RATE * PIECE_S), asyncio.get_running_loop().time())
            self.loud.append(bool(np.abs(piece).max() > 0))
            await asyncio.sleep(PIECE_S)


def on_stage(stand_in: StandIn, work: Callable[[Stage], Awaitable[None]]) -> Stage:
    """One conversation while `work` lasts."""
    stages: list[Stage] = []

    async def run() -> None:
        def tell(kind: str, **fields: Any) -> None:
            stages[0].told.append((kind, fields))

        def emit(line: dict[str, Any]) -> None:
            stages[0].emitted.append(line)

        def hush() -> int:
            stages[0].hushed += 1
            stages[0].busy_when_hushed.append(talk.playout.busy)
            return ON_ITS_WAY_MS

        job = job_of(stand_in)
        assert job.openai is not None
        talk = Conversation(job, tell, emit, hush)
        talk.bridge = Bridge(job.openai, job.context, talk.heard())
        stages.append(Stage(talk, talk.bridge))
        tasks = [asyncio.ensure_future(talk.bridge.run()), asyncio.ensure_future(stages[0].play())]
        try:
            await work(stages[0])
        finally:
            await talk.bridge.close()
            await asyncio.wait_for(tasks[0], 60)
            tasks[1].cancel()

    asyncio.run(run())
    return stages[0]


def words(stage: Stage) -> list[str]:
    return [fields["text"] for kind, fields in stage.told if kind == "avatar.transcription"]


def test_speech_silences_the_avatar_and_the_model_learns_how_much_was_heard() -> None:
    """Nothing more of the cut answer is heard or told, and the next thing heard is the answer to the user."""
    with running_stand_in(pace=1.5) as stand_in:

        async def work(stage: Stage) -> None:
            await stage.bridge.greet(LONG)
            await stage.spoken(25)
            await stage.user_says("Stop, please.")
            await stage.until(lambda: stage.hushed)
            await stage.until(lambda: stand_in.seen()[-1]["truncated_ms"])
            await stage.until(lambda: "avatar.transcription" in stage.kinds())

        stage = on_stage(stand_in, work)
        seen = stand_in.seen()[-1]

        assert stage.busy_when_hushed == [False]
        assert (seen["interrupted"], seen["cancelled"]) == (1, 0), "the service stops by itself on speech"
        assert seen["refused"] == []
        [heard_ms] = seen["truncated_ms"]
        assert 400 <= heard_ms <= len(speak(LONG, "cedar")) // 24 - 1000
        assert words(stage) == ["This is Marek. I heard you well, and this is my first answer."]
        begins = [k for k in stage.kinds() if k in {"avatar.speak_started", "avatar.speak_ended"}]
        assert begins[:2] == ["avatar.speak_started", "avatar.speak_ended"]
        assert stage.kinds().index("user.speak_started") < stage.kinds().index("avatar.speak_ended")


def test_the_command_to_interrupt_cancels_the_answer() -> None:
    """No speech, so the service must be told: `response.cancel`, then the truncation; then silence."""
    with running_stand_in(pace=1.5) as stand_in:

        async def work(stage: Stage) -> None:
            await stage.bridge.greet(LONG)
            await stage.spoken(25)
            stage.talk.interrupt(cancel=True)
            assert not stage.talk.playout.busy
            await stage.until(lambda: stand_in.seen()[-1]["truncated_ms"])
            stage.loud.clear()
            await stage.until(lambda: len(stage.loud) > 25)

        stage = on_stage(stand_in, work)
        seen = stand_in.seen()[-1]

        assert (seen["interrupted"], seen["cancelled"], len(seen["truncated_ms"])) == (1, 1, 1)
        assert seen["refused"] == []
        assert not any(stage.loud), "what the service had sent by then is not heard either"
        assert stage.hushed == 1
        assert words(stage) == []


def test_what_waits_right_behind_the_users_first_sound_is_not_let_through() -> None:
    """The service's events may come in one piece: the rest of the answer just behind the news of speech."""
    told: list[str] = []
    job = job_of(StandIn("http://127.0.0.1:1/v1"))
    talk = Conversation(job, lambda kind, **_: told.append(kind), lambda _line: None, lambda: 0)
    heard, sound = talk.heard(), np.full(4800, 1000, dtype=np.int16)

    heard.audio("item", sound)
    talk.playout.take(960, 0.0)
    heard.user_started()
    heard.audio("item", sound)
    heard.words("item", "and so on")
    heard.audio_done("item")
    heard.said("item", "and so on")

    assert not talk.playout.take(960, 1.0).any()
    assert told == ["avatar.speak_started", "user.speak_started", "avatar.speak_ended"]


def test_a_given_text_is_cut_without_a_word_to_the_model() -> None:
    """`avatar.speak_text` is none of the model's answers: there is nothing to truncate there."""
    with running_stand_in() as stand_in:

        async def work(stage: Stage) -> None:
            await stage.connected()
            await stage.talk.speak("Breakfast is served until ten.")
            await stage.spoken(10)
            stage.talk.interrupt(cancel=True)
            assert not stage.talk.playout.busy
            await stage.user_says("Thank you.")
            await stage.until(lambda: len(words(stage)) == 2)

        stage = on_stage(stand_in, work)
        seen = stand_in.seen()[-1]

        assert stage.hushed == 1
        assert (seen["truncated_ms"], seen["refused"]) == ([], []), "the model is told nothing of it"


def test_an_interruption_of_silence_is_nothing() -> None:
    """A user who speaks first interrupts nobody."""
    with running_stand_in() as stand_in:

        async def work(stage: Stage) -> None:
            await stage.connected()
            await stage.user_says("Good evening.")
            await stage.until(lambda: words(stage))

        stage = on_stage(stand_in, work)
        seen = stand_in.seen()[-1]

        assert (stage.hushed, seen["interrupted"], seen["truncated_ms"]) == (0, 0, [])
