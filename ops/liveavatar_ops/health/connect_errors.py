"""
Finds out why a LiveKit room was not reached. The SDK has one error class, so its words decide.

The table was measured with livekit 1.2 (video health facts A); what it does not know is signalling,
the step that comes first.
"""

import http.client
import logging
import re
import ssl
import urllib.request

from liveavatar_ops.health.facts import OwnNetwork, RoomFailure
from liveavatar_ops.health.media_proxy import media_proxy
from liveavatar_ops.health.own_network import behind_join
from pulumi_liveavatar.text import scrub, shorten

UNAUTHORISED = re.compile(r"\b(401|403)\b|unauthori[sz]ed|invalid token|permission", re.IGNORECASE)
MEDIA_PATH = re.compile(r"wait_pc_connection|pc_connection|ice (connection )?fail|dtls", re.IGNORECASE)
ATTEMPT_FAILED = re.compile(r"failed to connect", re.IGNORECASE)
VALIDATE_WITHIN_S = 3.0

_OURS: dict[OwnNetwork | None, str] = {
    "name": ": its name could not be resolved",
    "route": ": there is no route to it",
    "listener": ": nothing listens at its address on this machine or network",
    "certificate": ": nobody here trusts the certificate that it showed",
    "proxy": ": the proxy that the environment names does not lead there",
}


class Overheard(logging.Handler):
    """What the SDK logs about its attempts while it joins; it tries several times before it raises."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last_attempt: str | None = None
        """Why its latest attempt failed, in its words; None while the first one lasts."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line if it is about an attempt."""
        said = record.getMessage()
        if ATTEMPT_FAILED.search(said):
            self.last_attempt = said

    def __enter__(self) -> "Overheard":
        logging.getLogger("livekit").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("livekit").removeHandler(self)


def why_not_joined(said: str, *, token: str, url: str = "") -> RoomFailure:
    """Classify the SDK's text; the token never stays in the sentence."""
    words = shorten(scrub(said, [token]))
    ours = behind_join(said, url)
    if UNAUTHORISED.search(said) and ours != "proxy":
        return RoomFailure(
            kind="token",
            sentence=f"The LiveKit server refused the room token that LiveAvatar gave: {words}.",
        )
    if MEDIA_PATH.search(said):
        return RoomFailure(
            kind="ice",
            sentence=f"The LiveKit server answered, but no media path came up ({words}).",
        )
    return RoomFailure(
        kind="signalling",
        sentence=f"The LiveKit server could not be reached: {words}.",
        own_network=ours,
    )


def took_too_long(
    limit_s: float, *, last_attempt: str | None, takes_token: bool, url: str = ""
) -> RoomFailure:
    """
    Our own deadline for joining; LiveKit's connect_timeout does not bound it.

    An attempt for a media path lasts 15 s in the SDK, so mostly it has said nothing yet. `takes_token` says
    that the server takes this token when asked over HTTP: then signalling is not what is missing.
    """
    told_of_media = last_attempt is not None and MEDIA_PATH.search(last_attempt)
    if told_of_media or (last_attempt is None and takes_token):
        return RoomFailure(
            kind="ice",
            sentence=(
                "The LiveKit server answers and takes the token, "
                f"but no media path came up within {limit_s:g} s."
            ),
        )
    ours = behind_join(last_attempt or "", url)
    return RoomFailure(
        kind="deadline",
        sentence=f"Joining the LiveKit room took longer than {limit_s:g} s{_OURS.get(ours, '')}.",
        own_network=ours,
    )


async def asked_about_tcp(failure: RoomFailure, url: str, token: str) -> RoomFailure:
    """The same failure, with what TCP would have done where media had no way. Never raises."""
    if failure.kind != "ice":
        return failure
    try:
        from liveavatar_ops.health.tcp_way import look_for_tcp  # noqa: PLC0415 -- who joins needs none of it

        way = await look_for_tcp(url, token)
        works, said = way.works, way.sentence
    except Exception as broken:  # noqa: BLE001 -- what is known of the failure stands without it
        works, said = None, f"Whether TCP would have worked is not known ({type(broken).__name__})."
    return failure.model_copy(update={"tcp_would_work": works, "sentence": f"{failure.sentence} {said}"})


def takes_token(url: str, token: str, *, within_s: float = VALIDATE_WITHIN_S) -> bool:
    """Whether the LiveKit server at `url` answers now and would let this token in. Blocks; never raises."""
    address = re.sub(r"^ws", "http", url.rstrip("/"), flags=re.IGNORECASE) + "/rtc/validate"
    try:
        asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 -- the address that the API gave for joining
        with _as_the_sdk(url).open(asked, timeout=within_s) as answer:
            return bool(answer.status == 200)
    except (OSError, http.client.HTTPException, ValueError):  # refused, silent, no LiveKit; no address at all
        return False


def _as_the_sdk(url: str) -> urllib.request.OpenerDirector:
    """By the SDK's way; made when asked for, since reading who is trusted takes a while."""
    trusting = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    named = media_proxy(url)
    proxies = {"http": named, "https": named} if named else {}
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies), trusting)
