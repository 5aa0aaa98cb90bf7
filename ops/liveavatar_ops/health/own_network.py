"""
Whose network was it? Tells trouble on our own way out from a service that does not answer.

Ours: a name that this machine cannot resolve, no route, an address of this machine or its private network at
which nothing listens, a certificate that nobody here trusts (TLS inspection), a proxy that was asked to help,
a variable that names a proxy or root certificates and cannot be used (the API client tells that one itself).
A public address that refuses, resets or stays silent is the service's, and so is a certificate that expired.
"""

import re
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from liveavatar_ops.health.facts import OwnNetwork
from liveavatar_ops.health.media_proxy import LOOPBACK, host_of, media_proxy
from pulumi_liveavatar.settings import is_near

_RESOLVER = re.compile(r"temporary failure in name resolution|name resolution failed", re.IGNORECASE)
_NO_NAME = re.compile(
    r"name or service not known|nodename nor servname|no address associated|getaddrinfo", re.IGNORECASE
)
_ROUTE = re.compile(r"network is unreachable|no route to host|host is unreachable", re.IGNORECASE)
_CERTIFICATE = re.compile(
    r"certificate_verify_failed|certificate verify failed|invalid peer certificate|unknownissuer",
    re.IGNORECASE,
)
_EXPIRED = re.compile(r"expired", re.IGNORECASE)
_REFUSED = re.compile(r"connection refused|errno 111\b|os error 111\b", re.IGNORECASE)
_NOT_CONNECTED = re.compile(r"\b(ConnectError|ProxyError)\b")
_PROXY = re.compile(r"\bProxyError\b")
_JOINS_BY_PROXY = re.compile(r"\bproxy (connection|url)\b", re.IGNORECASE)


def behind_call(why: str, url: str) -> OwnNetwork | None:
    """What of ours kept a call from `url`, by the client's words (`ConnectError: …`); None: not ours."""
    host = urlsplit(url).hostname or ""
    if found := _by_words(why, host):
        return found
    if _NO_NAME.search(why) and not _by_proxy(url, host):
        return "name"
    if _PROXY.search(why) or (_NOT_CONNECTED.search(why) and _by_proxy(url, host)):
        return "proxy"
    return None


def behind_join(said: str, url: str) -> OwnNetwork | None:
    """
    The same of a room's server, by the SDK's words.

    The address came from LiveAvatar: one whose name does not exist is not of our making, unless a proxy is
    named, whose address it then is.
    """
    if _JOINS_BY_PROXY.search(said):
        return "proxy"
    if media_proxy(url) and (_REFUSED.search(said) or _NO_NAME.search(said)):
        return "proxy"
    return _by_words(said, host_of(url))


def _by_words(said: str, host: str) -> OwnNetwork | None:
    if _CERTIFICATE.search(said):
        return None if _EXPIRED.search(said) else "certificate"
    if _RESOLVER.search(said):
        return "name"
    if _ROUTE.search(said):
        return "route"
    return "listener" if _REFUSED.search(said) and host and is_near(host) else None


def _by_proxy(url: str, host: str) -> bool:
    """Whether our client goes through a proxy for this address, as the environment has it."""
    if host in LOOPBACK or proxy_bypass(host):
        return False
    proxies = getproxies()
    return bool(proxies.get(urlsplit(url).scheme) or proxies.get("all"))
