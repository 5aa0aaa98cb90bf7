"""A call that ends in time whatever the other side does; httpx bounds each wait, not their sum."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def in_time(work: Callable[[], Result], within_s: float) -> Result:
    """
    What `work` returns or raises; TimeoutError once it took longer, and then it goes on to no use.

    `within_s` must be longer than each wait of its own, whose errors say more.
    """
    over: Future[Result] = Future()

    def run() -> None:
        try:
            over.set_result(work())
        except BaseException as error:  # noqa: BLE001 -- raised again where it is waited for
            over.set_exception(error)

    threading.Thread(target=run, daemon=True).start()  # one that is given up must not keep the process
    return over.result(within_s)
