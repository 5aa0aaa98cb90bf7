"""Ports at which nobody answers."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


def free_port() -> int:
    """Free just now; somebody else may take it before its user does, who then has to ask for another."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def shut_tcp_port() -> Iterator[int]:
    """Refused: somebody holds it and does not listen."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@contextmanager
def shut_udp_port() -> Iterator[int]:
    """Refused: who holds it is connected elsewhere, and so nothing else is delivered there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        held.connect(("127.0.0.1", 9))
        yield int(held.getsockname()[1])
