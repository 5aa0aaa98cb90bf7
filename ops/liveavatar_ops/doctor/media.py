"""
Whether media can flow: signalling, the TCP fallback, UDP.

No session is opened for this, because a session costs: LiveAvatar documents its LiveKit project
(LiveAvatar docs, firewall page), and a LiveKit server of one's own is given with --livekit-url. What a
session alone knows, the media host it is sent to, is tested by `health check --depth video`.
"""

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

from liveavatar_ops.doctor.finding import Check, Finding, broken, ok, skipped, warning
from liveavatar_ops.doctor.net import Address, Net, said
from liveavatar_ops.doctor.reach import Place, Way, place_of
from pulumi_liveavatar.settings import DEFAULT_API_URL

GROUP = "Media"
SIGNALLING, TCP, UDP = "Signalling", "Media over TCP", "Media over UDP"
LIVEAVATAR_PROJECT = "wss://heygen-feapbkvq.livekit.cloud"
"""LiveAvatar's project at LiveKit Cloud (LiveAvatar docs, firewall page; LiveAvatar API facts §3.1)."""
CLOUD = ".livekit.cloud"
ICE_TCP_PORT = 7881
"""LiveKit's own ICE over TCP (LiveKit docs, ports and firewall)."""
TURN_UDP_PORT = 3478
"""LiveKit's TURN over UDP answers STUN as well (LiveKit docs, ports and firewall)."""
PUBLIC_STUN = Address("stun.cloudflare.com", TURN_UDP_PORT)
"""
Stands in for LiveKit Cloud's media hosts, which have a name of their own each, told to a session only.
The same port, and it shows what matters here: whether UDP leaves this network and its answers come back.
"""
FALLBACK = "media can still go over TCP 443, with more delay"


def livekit_url_for(given: str | None, api_url: str | None) -> str | None:
    """The LiveKit server to look at: the one given, else LiveAvatar's own where its API is meant."""
    if given:
        return given
    host = urlsplit(api_url or "").hostname
    return LIVEAVATAR_PROJECT if host == urlsplit(DEFAULT_API_URL).hostname else None


def checks(
    livekit_url: str | None, stun: Address | None, *, net: Net, api_is_known: bool = True
) -> list[Check]:
    """The checks of this group, all at once; none where no server is known."""
    if livekit_url is None:
        names = (SIGNALLING, TCP, UDP)
        why = "this API is not LiveAvatar's own" if api_is_known else "the settings above cannot be read"
        why += "; give --livekit-url to look at its media server"
        return [Check(GROUP, names, lambda: [skipped(name, why) for name in names])]
    place = place_of(livekit_url)
    return [
        Check(GROUP, (SIGNALLING,), lambda: [check_signalling(SIGNALLING, place, net=net)], within_s=20.0),
        Check(GROUP, (TCP,), lambda: [check_tcp(TCP, place, net=net)], within_s=20.0),
        Check(GROUP, (UDP,), lambda: [check_udp(UDP, place, stun, net=net)], within_s=12.0),
    ]


def check_signalling(name: str, place: Place, *, net: Net) -> Finding:
    """Name, TCP, TLS and LiveKit's answer to somebody without a token, which is a refusal."""
    proxy = net.proxy_to_media(f"wss://{place.address}") if place.tls else None
    way = Way("the LiveKit server", place, net, proxy)
    if failed := first_failure(way.walk()):
        return broken(name, failed.sentence, failed.fix)
    assert way.line is not None
    try:
        status = net.ask(way.line, place.address.host, "/rtc/validate").status
    except (OSError, http.client.HTTPException) as why:
        words = said(why) if isinstance(why, OSError) else type(why).__name__
        cure = f"Let firewall and proxy pass WebSockets (HTTP upgrade) to {place.address.host}"
        return broken(name, f"{place.address.host} closed the connection ({words})", cure)
    finally:
        way.close()
    if status in (400, 401, 403):
        return ok(name, f"{place.address.host} is a LiveKit server")
    return warning(
        name,
        f"{place.address.host} answered {status}, which LiveKit would not",
        "Check --livekit-url, and whether a proxy answers in the server's place",
    )


def check_tcp(name: str, place: Place, *, net: Net) -> Finding:
    """The fallback when UDP is blocked: TURN over TLS at LiveKit Cloud, ICE over TCP elsewhere."""
    host = place.address.host
    if place.is_here:
        return skipped(name, f"{host} is this machine: nothing can block it")
    if host.endswith(CLOUD):
        relay = host.removesuffix(CLOUD) + ".turn" + CLOUD
        way = Way("the TURN relay", place_of(f"https://{relay}"), net)
        failed = first_failure(way.walk())
        way.close()
        if failed:
            allow = f"Allow TCP 443 to *.turn{CLOUD}: media has no other way without UDP"
            return broken(name, failed.sentence, failed.fix if failed.name == way.names[0] else allow)
        return ok(name, f"TURN over TLS answers at {relay}:443")
    direct = Address(host, ICE_TCP_PORT)
    try:
        net.connect(direct, 5.0).close()
    except OSError as why:
        cure = f"Allow TCP {ICE_TCP_PORT} (rtc.tcp_port of the server), or run its TURN over TLS"
        return warning(name, f"{direct} cannot be reached ({said(why)}); fatal only without UDP", cure)
    return ok(name, f"{direct} answers")


def check_udp(name: str, place: Place, stun: Address | None, *, net: Net) -> Finding:
    """Whether UDP leaves and comes back, asked of a STUN server."""
    if place.is_here and stun is None:
        return skipped(name, f"{place.address.host} is this machine: nothing can block it")
    cloud = place.address.host.endswith(CLOUD)
    asked = stun or (PUBLIC_STUN if cloud else Address(place.address.host, TURN_UDP_PORT))
    try:
        seen = net.stun(asked)
    except ConnectionRefusedError:
        cure = "Give a STUN server that answers: --stun HOST:PORT, or turn on TURN over UDP at the server"
        return warning(name, f"nobody listens at {asked}, so nothing is proven", cure)
    except OSError as why:
        cure = "Check the name and the route; --stun HOST:PORT asks another server"
        return warning(name, f"{asked} cannot be asked ({said(why)})", cure)
    if seen is None:
        cure = f"Allow outgoing UDP {TURN_UDP_PORT} and 50000-60000 with answers; {FALLBACK}"
        return warning(name, f"no answer from {asked}: UDP looks blocked", cure)
    return ok(name, f"goes out and comes back, as {seen} (asked {asked})")


def first_failure(findings: Iterator[Finding]) -> Finding | None:
    """Walk to the end; the step that failed, if one did."""
    return next((finding for finding in list(findings) if finding.fix), None)
