"""How the state of a measure and the stretches of a conversation look, on the sheet and on the page."""

from liveavatar_ops.health.evidence.palette import BAD, DIM, GOOD, WARN
from liveavatar_ops.health.evidence.talk import Kind
from liveavatar_ops.health.measures import State

STATE_COLOURS: dict[State, str] = {
    "ok": GOOD,
    "degraded": WARN,
    "unhealthy": BAD,
    "missing": BAD,
    "explained": DIM,
    "not_seen": DIM,
}
STATE_LOOKS: dict[State, str] = {
    "ok": "good",
    "degraded": "warn",
    "unhealthy": "bad",
    "missing": "bad",
    "explained": "dim",
    "not_seen": "dim",
}
ASKING = "#4a82c4"
GREETING = "#4d7a80"
ANSWER = "#2f9c86"
WAIT = "#7f8ea3"
TALK_COLOURS: dict[Kind, str] = {
    "greeting": GREETING,
    "prompt": ASKING,
    "wait": WAIT,
    "no_answer": BAD,
    "answer": ANSWER,
}
