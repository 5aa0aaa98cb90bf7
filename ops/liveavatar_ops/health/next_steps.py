"""What to do about each cause: one concrete sentence, with the command, the setting or the page."""

from collections.abc import Callable

from liveavatar_ops.health.facts import Facts, OwnNetwork
from liveavatar_ops.health.judging.conversation import talked_on
from liveavatar_ops.health.limits import Limits
from liveavatar_ops.health.sandbox import REFUSED_NEXT_STEP, may_be_refused
from liveavatar_ops.health.verdicts import Cause, Verdict

NEXT_STEPS: dict[Cause, str] = {
    Cause.NONE: "",
    Cause.CREDENTIALS: (
        "Export a current LIVEAVATAR_API_KEY (a HeyGen key does not work here), then run the same check "
        "again."
    ),
    Cause.QUOTA: (
        "See what holds the account: `liveavatar-ops health janitor` stops probe sessions left open; for "
        "credits, look at the plan in the LiveAvatar dashboard or check in the sandbox (--sandbox)."
    ),
    Cause.CONFIGURATION: (
        "Correct what the answer names in infra/catalog, then `pulumi preview` and `pulumi up`; if it was"
        " deleted by hand, `pulumi refresh` first."
    ),
    Cause.VENDOR_API: (
        "Look at LiveAvatar's status page and run the same check with `--depth api` in a minute; "
        "if it stays, send support the session id and the time above."
    ),
    Cause.SIGNALLING: (
        "Check that this machine reaches the session's LiveKit host over wss (port 443, proxies, TLS "
        "inspection); if it does, the fault is LiveAvatar's: send support the session id."
    ),
    Cause.ICE: (
        "Open UDP from this machine to the media servers (or TCP 443/7881 for the fallback) and check "
        "again; viewers behind the same firewall see nothing either."
    ),
    Cause.NO_AVATAR: (
        "Check the avatar's status in the LiveAvatar dashboard and try another avatar_id; if that one "
        "joins, the avatar is at fault, if not, send support the session id."
    ),
    Cause.NO_VIDEO: (
        "Try another avatar_id with the same template; if none shows video, send support the session id "
        "and the result file."
    ),
    Cause.FROZEN: (
        "Look at the contact sheet's red marks and start a new session; if it stands again, send support the "
        "session id with the sheet."
    ),
    Cause.BLACK: (
        "Look at the contact sheet: if the scene is meant to be this dark, lower black_detail_share or "
        "lower black_level in the template's health block; otherwise send support the session id."
    ),
    Cause.ONE_COLOUR: (
        "Look at the contact sheet: a flat picture is usually a background without its avatar; check the "
        "avatar's status in the LiveAvatar dashboard."
    ),
    Cause.SLOW: (
        "Check again in a minute, then from another network; if it stays slow where the network is good, "
        "send support the session id."
    ),
    Cause.SMALL: (
        "Compare video settings of the template with what the avatar offers; a size that drops during the"
        " session means too little bandwidth on the way."
    ),
    Cause.MUTE: (
        "Choose another voice in the template and check again (in FULL mode the same with `--depth api` "
        "names a missing one); if that one is mute too, send support the session id."
    ),
    Cause.NO_ANSWER: (
        "Check the OpenAI key first (rotated, revoked, out of quota?): `aws secretsmanager describe-"
        "secret`, `pulumi up`; then model name and context of the template."
    ),
    Cause.STILL_MOUTH: (
        "Look at the contact sheet while it speaks; if the mouth stands in a new session too, send "
        "support the session id with the sheet."
    ),
    Cause.SILENT_MOUTH: (
        "Check the voice in the template and that the result's audio path lost nothing; then send support"
        " the session id: the avatar renders, its sound does not arrive."
    ),
    Cause.AVATAR_LEFT: (
        "Look at the reason given; if the session was cut short, check max_session_duration of the "
        "template and the account's credits."
    ),
    Cause.CLEAN_UP: "Run `liveavatar-ops health janitor` now: it stops probe sessions that are still open.",
    Cause.DISTORTED: (
        "Listen to the answer (--record): if it is loud and harsh choose another voice; if it breaks up look "
        "at the network noted above, and where that is good send support the session id."
    ),
    Cause.LIP_SYNC: "Watch a session by eye: this measure is a hint, calibrated on synthetic faces.",
    Cause.OWN_HOST: "Run the check again on a machine with a free core; this run says nothing of the avatar.",
    Cause.OWN_NETWORK: (
        "Mend this machine's way out: name resolution, route, certificate, proxy, or the listener at an "
        "address of its own; `liveavatar-ops doctor` tries each. This run says nothing of the avatar."
    ),
}
_NETWORK_BY_PART: dict[OwnNetwork, str] = {
    "name": (
        "Look at this machine's name resolution (DNS) and at the spelling of LIVEAVATAR_API_URL, then check "
        "again; `liveavatar-ops doctor` tries both."
    ),
    "route": "Connect this machine to the network (no route leads there), then check again.",
    "listener": (
        "Start what should listen there (`liveavatar-emulator serve` prints its addresses), or correct "
        "LIVEAVATAR_API_URL; unset, it is LiveAvatar's own."
    ),
    "certificate": (
        "Something between here and LiveAvatar shows a certificate of its own (a proxy that inspects TLS?): "
        "name its authority in SSL_CERT_FILE, or check from another network."
    ),
    "proxy": (
        "The proxy that the environment names does not help: correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, "
        "or except the host in NO_PROXY."
    ),
    "variable": (
        "Correct or unset that variable where checks are started, then check again; `liveavatar-ops doctor` "
        "tries it too. This run says nothing of the avatar."
    ),
}
_LOST_ON_THE_WAY = (
    "Look at this machine's own line (Wi-Fi, VPN, a full uplink) and check again, best from where your "
    "viewers are: what is lost between the media server and here says nothing of the avatar."
)
_AGENT_ENDS = {"AGENT_HANG_UP", "SERVER_ERROR", "DISPATCH_FAILED", "AGENT_ERROR"}
"""Ends that a key which OpenAI refuses can show as (LiveAvatar API facts §3.7)."""
_OF_THE_AGENT = (
    "Check {key} first (rotated, revoked, out of quota?): `aws secretsmanager describe-secret`, `pulumi up`; "
    "then model name and context of the template; if they are right, send support the session id."
)
_MICROPHONE = (
    "Check again; if the microphone is refused again, viewers cannot talk either: send support the session "
    "id and ask whether the room's token may publish sound (canPublish)."
)
_TOO_SHORT = (
    "Give the session a minute or more (max_session_duration of the template; --max-credits, where it was "
    "given), or check with `--depth video`; a sandbox session ends after a minute."
)
_TALKED_ON = (
    "Shorten what the context makes it say unasked, and see whether it stops when it is spoken to; if it "
    "never does, check the OpenAI key, then check from another network: our sound may not have reached it."
)
_NEVER_HEARD = (
    "If key, model and context are good, our sound may not have reached the avatar: check from another "
    "network, then send support the session id."
)
_QUOTA_BY_CODE = {
    4003: (
        "All sessions of the plan are in use: `liveavatar-ops health janitor` stops probe sessions left "
        "open, else wait until a customer's session ends."
    ),
    4033: "Add credits in the LiveAvatar dashboard, or check in the sandbox (--sandbox), which costs none.",
}


def next_step(cause: Cause, verdict: Verdict, facts: Facts, limits: Limits) -> str:
    """The sentence that follows the verdict; empty where nothing is to be done."""
    if verdict is Verdict.HEALTHY:
        return ""
    closer = _BY_FACTS.get(cause)
    return (closer(facts, limits) if closer else None) or NEXT_STEPS[cause]


def _of_quota(facts: Facts, _limits: Limits) -> str | None:
    refusal = facts.refusal
    if facts.out_of_credits:
        return _QUOTA_BY_CODE[4033]
    if refusal is None and facts.credits.short:
        return f"{_QUOTA_BY_CODE[4033]} With overage, `--depth session` shows whether one starts."
    if refusal is None:
        return None
    if refusal.code in _QUOTA_BY_CODE:
        return _QUOTA_BY_CODE[refusal.code]
    wait = f"in {refusal.retry_after_s:.0f} s" if refusal.retry_after_s else "in a minute"
    return f"LiveAvatar asked for fewer calls: run the check again {wait}."


def _of_configuration(facts: Facts, _limits: Limits) -> str | None:
    target, refusal = facts.target, facts.refusal
    if refusal is None and facts.unasked:
        return _TOO_SHORT
    at_session = refusal is not None and refusal.step in {"token", "start"}
    return REFUSED_NEXT_STEP if at_session and may_be_refused(target.sandbox, target.avatar_id) else None


def _of_signalling(facts: Facts, _limits: Limits) -> str | None:
    """A microphone that failed is the matter only where the room was there for it."""
    refused = facts.unasked is not None and facts.unasked.kind != "session_over"
    lost = facts.room.gone or facts.stopped or facts.room.reconnections
    return _MICROPHONE if refused and not lost else None


def _of_ending(facts: Facts, _limits: Limits) -> str | None:
    """The avatar may be gone because the agent that speaks for it is; who gave no reason is not asked."""
    ends = {facts.room.disconnect_reason, facts.stopped.detail if facts.stopped else None}
    agent = facts.target.connector
    if agent is None or not ends & _AGENT_ENDS:
        return None
    return _OF_THE_AGENT.format(key="the OpenAI key" if agent == "openai_realtime" else f"the key of {agent}")


def _of_no_answer(facts: Facts, limits: Limits) -> str | None:
    if facts.conversation is not None and talked_on(facts.conversation, limits):
        return _TALKED_ON
    return f"{NEXT_STEPS[Cause.NO_ANSWER]} {_NEVER_HEARD}" if facts.unheard else None


def _of_own_host(facts: Facts, _limits: Limits) -> str | None:
    again = "Run the same check again; if the probe dies twice, run `liveavatar-ops doctor`."
    return again if facts.probe_failure else None


def _of_own_network(facts: Facts, _limits: Limits) -> str | None:
    trouble = facts.refusal or facts.room.failure
    if trouble is None:
        return _LOST_ON_THE_WAY
    return _NETWORK_BY_PART[trouble.own_network] if trouble.own_network else None


_BY_FACTS: dict[Cause, Callable[[Facts, Limits], str | None]] = {
    Cause.QUOTA: _of_quota,
    Cause.CONFIGURATION: _of_configuration,
    Cause.SIGNALLING: _of_signalling,
    Cause.NO_AVATAR: _of_ending,
    Cause.AVATAR_LEFT: _of_ending,
    Cause.NO_ANSWER: _of_no_answer,
    Cause.OWN_HOST: _of_own_host,
    Cause.OWN_NETWORK: _of_own_network,
}
