"""The real provider process, `python -m pulumi.dynamic`, driven over its own protocol without an engine."""

import asyncio
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import UNKNOWN
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from pulumi_liveavatar._base import LiveAvatarProvider

Props = dict[str, Any]


def encoded(props: Props) -> struct_pb2.Struct:
    """As the engine sends them; `UNKNOWN` crosses as the engine's own marker."""
    loop = asyncio.new_event_loop()
    try:
        made: struct_pb2.Struct = loop.run_until_complete(rpc.serialize_properties(props, {}))
        return made
    finally:
        loop.close()


def decoded(struct: struct_pb2.Struct) -> Props:
    """As the engine reads them."""
    found: Props = rpc.deserialize_properties(struct, keep_unknowns=True)
    found.pop("__provider", None)
    return found


class PluginHost:
    """One provider process; `said` is what it printed so far."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._heard: list[bytes] = []
        self._listeners = [
            threading.Thread(target=self._listen, args=(pipe,)) for pipe in (process.stdout, process.stderr)
        ]
        for listener in self._listeners:
            listener.start()

    def _listen(self, pipe: Any) -> None:
        for line in pipe:
            self._heard.append(line)

    @property
    def said(self) -> str:
        return b"".join(self._heard).decode()

    def configure(self, config: Mapping[str, str]) -> None:
        self._stub.Configure(provider_pb2.ConfigureRequest(args=encoded(dict(config))))

    def check(self, kind: type[LiveAvatarProvider], news: Props) -> tuple[Props, dict[str, str]]:
        """Inputs and failures by property."""
        request = provider_pb2.CheckRequest(news=self._struct(kind, news), olds=self._struct(kind, {}))
        answer = self._stub.Check(request)
        return decoded(answer.inputs), {f.property: f.reason for f in answer.failures}

    def diff(self, kind: type[LiveAvatarProvider], olds: Props, news: Props) -> Any:
        return self._stub.Diff(
            provider_pb2.DiffRequest(id="x", olds=self._struct(kind, olds), news=self._struct(kind, news))
        )

    def create(self, kind: type[LiveAvatarProvider], props: Props) -> tuple[str, Props]:
        answer = self._stub.Create(provider_pb2.CreateRequest(properties=self._struct(kind, props)))
        return answer.id, decoded(answer.properties)

    def read(self, kind: type[LiveAvatarProvider], id_: str, props: Props) -> tuple[str, Props]:
        answer = self._stub.Read(provider_pb2.ReadRequest(id=id_, properties=self._struct(kind, props)))
        return answer.id, decoded(answer.properties)

    def update(self, kind: type[LiveAvatarProvider], id_: str, olds: Props, news: Props) -> Props:
        request = provider_pb2.UpdateRequest(
            id=id_, olds=self._struct(kind, olds), news=self._struct(kind, news)
        )
        return decoded(self._stub.Update(request).properties)

    def delete(self, kind: type[LiveAvatarProvider], id_: str, props: Props) -> None:
        self._stub.Delete(provider_pb2.DeleteRequest(id=id_, properties=self._struct(kind, props)))

    def stop(self) -> None:
        """End it; `said` is then all that it ever printed."""
        self._channel.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for listener in self._listeners:
            listener.join()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    @staticmethod
    def _struct(kind: type[LiveAvatarProvider], props: Props) -> struct_pb2.Struct:
        return encoded({**props, "__provider": serialize_provider(kind())})


@contextmanager
def plugin_host(env: Mapping[str, str]) -> Iterator[PluginHost]:
    """Start one with an environment of the test's choice."""
    command = [sys.executable, "-u", "-m", "pulumi.dynamic"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "PULUMI_PROJECT": "p", **env},
    )
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 60)
    line = process.stdout.readline() if ready else b""
    if not line:
        process.kill()
        raise AssertionError("the provider process did not print its port")
    host = PluginHost(process, int(line))
    try:
        yield host
    finally:
        host.stop()


__all__ = ["UNKNOWN", "PluginHost", "plugin_host"]
