"""
The proxy between us and a LiveKit server, as the SDK takes it.

For signalling the SDK goes to HTTPS_PROXY (wss) or HTTP_PROXY (ws), also where NO_PROXY or a loopback address
says otherwise, and knows no ALL_PROXY (measured with livekit 1.2.1). So a variable that does not hold for an
address is taken away before the SDK reads it. Media goes by no proxy.
"""

import os
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

_SCHEMES = {"wss": "https", "https": "https", "ws": "http", "http": "http"}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def media_proxy(url: str) -> str | None:
    """The proxy for signalling to `url`, NO_PROXY honoured; its address may hold a password."""
    scheme, host, place = _taken_apart(url)
    named = getproxies_environment().get(scheme)
    if not named or host in LOOPBACK or proxy_bypass(host) or proxy_bypass(place):
        return None
    return named if "://" in named else f"http://{named}"


def host_of(url: str) -> str:
    """The host of an address that somebody else wrote; empty where it is none."""
    return _taken_apart(url)[1]


def keep_exceptions(url: str) -> None:
    """
    Before the SDK joins `url`: hide the proxy from it where the environment excepts this address.

    It stays hidden for the rest of this process, which joins one room: a reconnect reads the variable anew.
    """
    if media_proxy(url) is None:
        scheme, *_ = _taken_apart(url)
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            os.environ.pop(name, None)


def _taken_apart(url: str) -> tuple[str, str, str]:
    """The proxy's scheme, the host, and host:port; empty where this is no address, as the SDK then says."""
    try:
        parts = urlsplit(url)
        return _SCHEMES.get(parts.scheme.lower(), ""), parts.hostname or "", parts.netloc
    except ValueError:
        return "", "", ""
