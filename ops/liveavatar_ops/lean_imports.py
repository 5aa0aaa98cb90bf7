"""Imports with a sixth less CPU: half of a short check's own CPU is the start of its interpreters."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lean_imports() -> Iterator[None]:
    """Within it, what is imported is taken to stay: nothing of it is looked through as garbage, ever."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # a look for some opens every package
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
