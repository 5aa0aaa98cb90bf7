"""A network and an AWS that do as a test says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from liveavatar_ops.doctor.net import Address, HttpAnswer, Net, Proxy
from pulumi_liveavatar.api.way_out import Unusable

ENVELOPE = b'{"code": 1000, "data": {"count": 0, "results": []}, "message": "ok"}'
A_DATE = "Mon, 23 Nov 2026 12:00:00 GMT"


class Line:
    """A connection that does nothing but remember that it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def settimeout(self, _: float) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@dataclass
class Wire:
    """A network; an exception in a field is raised at that step."""

    name: list[str] | Exception = field(default_factory=lambda: ["192.0.2.7"])
    tcp: Exception | None = None
    tls: Exception | None = None
    refuses_tunnel: Exception | None = None
    answer: HttpAnswer | Exception = field(
        default_factory=lambda: HttpAnswer(200, {"date": A_DATE}, ENVELOPE)
    )
    stun: str | Exception | None = "203.0.113.9"
    proxy: Proxy | None = None
    unusable: Unusable | None = None
    lines: list[Line] = field(default_factory=list)
    dialled: list[Address] = field(default_factory=list)

    def net(self) -> Net:
        return Net(
            resolve=lambda *_: self._or_raise(self.name),
            connect=self._connect,  # type: ignore[arg-type]  # a line is all that is used of a socket
            secure=lambda line, *_, **__: self._or_raise(self.tls or line),
            tunnel=lambda *_: self._or_raise(self.refuses_tunnel),
            ask=lambda *_: self._or_raise(self.answer),
            unusable=lambda: self.unusable,
            proxy_for=lambda _: self.proxy,
            proxy_to_media=lambda _: self.proxy,
            stun=lambda _: self._or_raise(self.stun),
        )

    def _connect(self, address: Address, _: float) -> Line:
        self.dialled.append(address)
        self._or_raise(self.tcp)
        self.lines.append(Line())
        return self.lines[-1]

    def _or_raise(self, value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value


def aws_says(code: str, operation: str = "DescribeSecret") -> ClientError:
    """AWS's refusal, with a message that must not be passed on."""
    return ClientError(
        {"Error": {"Code": code, "Message": "quotes what was sent: hunter2hunter2"}}, operation
    )


@dataclass
class FakeAws:
    """An AWS account with these secrets."""

    secrets: Mapping[str, Any] = field(default_factory=dict)
    method: str | None = "env"
    caller_error: Exception | None = None
    readable: bool | Exception = True
    asked: list[str] = field(default_factory=list)

    def credentials(self) -> str | None:
        return self.method

    def caller(self) -> str:
        self.asked.append("caller")
        if self.caller_error:
            raise self.caller_error
        return "arn:aws:iam::123456789012:user/ops"

    def describe(self, secret: str, region: str) -> dict[str, Any]:
        self.asked.append(f"describe {secret} in {region}")
        held = self.secrets.get(secret, aws_says("ResourceNotFoundException"))
        if isinstance(held, Exception):
            raise held
        return dict(held)

    def read(self, secret: str, region: str) -> bool:
        self.asked.append(f"read {secret}")
        if isinstance(self.readable, Exception):
            raise self.readable
        return self.readable
