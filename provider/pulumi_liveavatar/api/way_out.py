"""
The variables that decide how a call leaves this machine: proxies and root certificates.

The HTTP library stops at one that it cannot use without naming it. Here it is found by its name; its value is
never quoted, since a proxy's address may hold a password.
"""

import importlib.util
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from pulumi_liveavatar.settings import variables

SOCKS = ("socks5", "socks5h")
SHAPE = "http://HOST:PORT"
BAD_PORT = "its port is no number from 1 to 65535"


@dataclass(frozen=True)
class Unusable:
    """What is wrong, by the variable's name, and the cure: two sentences without their full stops."""

    sentence: str
    cure: str


def unusable_proxy(
    proxies: Mapping[str, str] | None = None,
    named: Mapping[str, str] | None = None,
    *,
    socks_is_here: Callable[[], bool] = lambda: importlib.util.find_spec("socksio") is not None,
) -> Unusable | None:
    """The first proxy that no call can go through; None where each can, or NO_PROXY switches them off."""
    proxies = getproxies() if proxies is None else proxies
    if "*" in (host.strip() for host in proxies.get("no", "").split(",")):
        return None
    for scheme in ("https", "http", "all"):
        if (value := proxies.get(scheme)) and (why := _wrong_with(value, socks_is_here)):
            name = _variable(f"{scheme}_proxy", named)
            return Unusable(f"{name} cannot be used: {why}", f"Correct {name} ({SHAPE}), or unset it")
    return None


def unusable_roots(named: Mapping[str, str] | None = None) -> Unusable | None:
    """The variable that names root certificates where there are none."""
    named = variables() if named is None else named
    file, folder = named.get("SSL_CERT_FILE"), named.get("SSL_CERT_DIR")
    try:
        if file:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except ssl.SSLError:
        return _no_roots("SSL_CERT_FILE", "names a file without certificates (PEM)")
    except OSError as why:
        missing = isinstance(why, FileNotFoundError)
        return _no_roots(
            "SSL_CERT_FILE", "names no file" if missing else "names what cannot be read as a file"
        )
    if folder and not file and not Path(folder).is_dir():
        return _no_roots("SSL_CERT_DIR", "names no folder")
    return None


def unusable_key_log(named: Mapping[str, str] | None = None) -> Unusable | None:
    """The variable by which debuggers of TLS have its keys written down, where that cannot be done."""
    file = (variables() if named is None else named).get("SSLKEYLOGFILE")
    try:
        if file:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = file
    except OSError:
        return Unusable(
            "SSLKEYLOGFILE names a file that cannot be written to", "Correct SSLKEYLOGFILE, or unset it"
        )
    return None


def unusable() -> Unusable | None:
    """The first of all these that keeps a call on this machine."""
    return unusable_proxy() or unusable_roots() or unusable_key_log()


def why_it_stopped(error: Exception) -> Unusable:
    """What made the HTTP library refuse to start."""
    found = (unusable_roots() or unusable_key_log()) if isinstance(error, OSError) else None
    if found:
        return found
    if isinstance(error, OSError):
        return Unusable(
            f"The HTTP library's own root certificates cannot be read ({type(error).__name__})",
            "Run `make setup`, or `pip install --upgrade liveavatar-ops`",
        )
    # Each proxy was looked at before, so that mostly what is left is an entry of NO_PROXY.
    kinds = ("no_proxy", "https_proxy", "http_proxy", "all_proxy")
    name = next((_variable(kind, None) for kind in kinds if getproxies().get(kind[:-6])), "The proxy setting")
    return Unusable(f"{name} cannot be used: it holds what is no address", f"Correct {name}, or unset it")


def _no_roots(name: str, what: str) -> Unusable:
    return Unusable(
        f"{name} {what}", f"Correct {name}, or unset it: then the usual root certificates are taken"
    )


def _variable(name: str, named: Mapping[str, str] | None) -> str:
    """As it is spelt here: small letters win, as in every library that reads these."""
    return name if name in (variables() if named is None else named) else name.upper()


def _wrong_with(value: str, socks_is_here: Callable[[], bool]) -> str | None:
    value = value.rstrip(" ")  # as the HTTP library takes it
    if not value.isprintable() or value.startswith(" "):
        return "it contains a character that no address has, such as a line's end or a blank before it"
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = parts.port
    except ValueError as why:
        return BAD_PORT if "port" in str(why).lower() else "it is no address"
    if parts.scheme in SOCKS and not socks_is_here():
        return "a SOCKS proxy needs the package socksio, which is not installed"
    if parts.scheme not in ("http", "https", *SOCKS):
        return "it begins with neither http:// nor https://"
    if port == 0:
        return BAD_PORT
    return None if parts.hostname and " " not in parts.hostname else "it names no host"
