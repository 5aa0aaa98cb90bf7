"""AWS as the rest of this folder uses it: clients, what is gone, what holds already, what is not yet so."""

import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_fixed

GONE = (
    "ResourceNotFoundException",
    "NoSuchEntity",
    "NoSuchEntityException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "NotFound",
)
PROPAGATES_WITHIN_S, ASK_AGAIN_S = 120.0, 5.0
"""A role that was just made is not known everywhere yet; AWS names no bound, others wait as long."""
NOT_YET = "to assume the role"
"""In the refusal of a role that is not known yet: its trust cannot be seen."""


class Aws:
    """Clients of one region, made when they are used; `session`, `endpoint_url` and `sleep` are seams."""

    def __init__(
        self,
        region: str,
        *,
        session: boto3.Session | None = None,
        endpoint_url: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = session or boto3.Session()
        self._where = {"region_name": region, "endpoint_url": endpoint_url}
        self._made: dict[str, Any] = {}
        self._sleep = sleep

    def __getattr__(self, service: str) -> Any:
        if service not in self._made:
            make: Any = self._session.client
            self._made[service] = make(service, **self._where)
        return self._made[service]

    def once_roles_are_known(self, call: Callable[[], Any]) -> Any:
        """The call's answer, asked again while AWS does not know a new role yet."""
        again = Retrying(
            retry=retry_if_exception(_not_yet),
            wait=wait_fixed(ASK_AGAIN_S),
            stop=stop_after_attempt(int(PROPAGATES_WITHIN_S / ASK_AGAIN_S)),
            sleep=self._sleep,
            reraise=True,
        )
        return again(call)


def unless_gone(call: Callable[[], Any]) -> Any:
    """What the call answers; None when there is no such thing. Any other refusal is raised."""
    try:
        answer = call()
    except ClientError as why:
        if why.response.get("Error", {}).get("Code") in GONE:
            return None
        raise
    return {} if answer is None else answer


def holds(held: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there; AWS adds fields of its own."""
    if isinstance(wanted, dict):
        return isinstance(held, dict) and all(holds(held.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(held, list) and len(held) == len(wanted)
        return same and all(holds(one, two) for one, two in zip(held, wanted, strict=True))
    return bool(held == wanted)


def _not_yet(why: BaseException) -> bool:
    return isinstance(why, ClientError) and NOT_YET in why.response.get("Error", {}).get("Message", "")
