"""The way to an address, step by step: name, connection, TLS. Each step fails under its own name."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from liveavatar_ops.doctor.finding import Finding, broken, ok, skipped
from liveavatar_ops.doctor.net import Address, Net, NoTunnel, Proxy, said

CONNECT_S = 5.0
TLS_SCHEMES = ("https", "wss")
NO_ADDRESS = "must be an address such as https://host or wss://host:7880, with a port up to 65535"


@dataclass(frozen=True)
class Place:
    """An address taken apart."""

    scheme: str
    address: Address

    @property
    def tls(self) -> bool:
        return self.scheme in TLS_SCHEMES

    @property
    def is_here(self) -> bool:
        """Whether it is this machine: nothing between us can block it."""
        return self.address.host in {"localhost", "::1"} or self.address.host.startswith("127.")


def place_of(url: str) -> Place:
    """Scheme, host and port of an address. Raises ValueError with what it must look like."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise ValueError(NO_ADDRESS) from None
    if parts.scheme not in (*TLS_SCHEMES, "http", "ws") or not parts.hostname or port == 0:
        raise ValueError(NO_ADDRESS)
    return Place(parts.scheme, Address(parts.hostname, port or (443 if parts.scheme in TLS_SCHEMES else 80)))


@dataclass
class Way:
    """A way being walked; `line` is the connection once `walk` has come to its end."""

    label: str
    place: Place
    net: Net
    proxy: Proxy | None = None
    own_roots: bool = False
    knob: str = "--livekit-url"
    """What sets this address."""
    line: socket.socket | None = None

    @property
    def names(self) -> tuple[str, str, str]:
        """The three findings."""
        return (f"{self.label} name", f"{self.label} TCP", f"{self.label} TLS")

    def walk(self) -> Iterator[Finding]:
        """Three findings; after the first that failed, the rest are skipped."""
        steps = (self._name, self._connect, self._secure)
        failed = ""
        for name, step in zip(self.names, steps, strict=True):
            finding = skipped(name, f"{failed} failed") if failed else step(name)
            failed = failed or (name if finding.fix else "")
            yield finding

    @property
    def nearest(self) -> Address:
        """What we connect to: the proxy, where there is one."""
        return self.proxy.address if self.proxy else self.place.address

    def _name(self, name: str) -> Finding:
        host, port = self.nearest.host, self.nearest.port
        try:
            found = self.net.resolve(host, port)
        except (OSError, UnicodeError) as why:
            words = said(why) if isinstance(why, OSError) else "not a name"
            return broken(name, f"{host} has no address ({words})", self._name_cure(host))
        via = " (the proxy)" if self.proxy else ""
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        return ok(name, f"{host}{via} is {found[0]}{more}")

    def _name_cure(self, host: str) -> str:
        if self.proxy:
            return "Correct HTTPS_PROXY, or add the host to NO_PROXY"
        return f"Check the spelling and the resolver: `getent hosts {host}`, /etc/resolv.conf, VPN"

    def _connect(self, name: str) -> Finding:
        try:
            self.line = self.net.connect(self.nearest, CONNECT_S)
            if self.proxy and self.place.tls:
                self.net.tunnel(self.line, self.place.address, self.proxy)
        except NoTunnel as why:
            self.close()
            return broken(
                name,
                f"the proxy {self.nearest} does not let us through ({why})",
                f"Have the proxy allow CONNECT to {self.place.address}, or put the host into NO_PROXY",
            )
        except OSError as why:
            self.close()
            return broken(name, f"{self.nearest} cannot be reached ({said(why)})", self._connect_cure(why))
        via = f" through the proxy {self.nearest}" if self.proxy else ""
        return ok(name, f"{self.place.address} answers{via}")

    def _connect_cure(self, why: OSError) -> str:
        if self.proxy:
            allow = (
                "" if isinstance(why, ConnectionRefusedError) else "; else allow TCP to it in the firewall"
            )
            return f"Correct HTTPS_PROXY, or add {self.place.address.host} to NO_PROXY{allow}"
        if isinstance(why, ConnectionRefusedError) and self.place.is_here:
            return f"Nothing listens there: start it, or correct {self.knob}"
        return f"Allow outgoing TCP to {self.nearest} in firewall and security group"

    def _secure(self, name: str) -> Finding:
        if not self.place.tls:
            return skipped(name, f"{self.place.scheme}:// has none")
        assert self.line is not None
        host = self.place.address.host
        try:
            self.line.settimeout(CONNECT_S)
            self.line = self.net.secure(self.line, host, own_roots=self.own_roots)
        except OSError as why:
            self.close()
            return broken(name, f"{host}: {said(why)}", tls_cure(said(why)))
        return ok(name, f"certificate of {host} is good")

    def close(self) -> None:
        """Let go of the connection."""
        if self.line is not None:
            self.line.close()
            self.line = None


def tls_cure(words: str) -> str:
    """What to do about a certificate that was not believed."""
    if "expired" in words or "not yet valid" in words:
        return "Look at this machine's clock first; if it is right, the server's certificate is to blame"
    if "hostname" in words or "mismatch" in words:
        return "Something else answers under this name: check the address and the proxy"
    if "issuer" in words or "self signed" in words or "self-signed" in words:
        return (
            "Install ca-certificates; if a proxy opens TLS here, give its root: SSL_CERT_FILE=/path/root.pem"
        )
    return "Check for a proxy or firewall that interferes with TLS on this way"
