"""What every test stands on: the checkout, and an environment without anybody's accounts."""

import os
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = ("AWS_", "LIVEAVATAR_", "PULUMI_", "OPENAI_")

# The program in infra/ is run by the engine with its folder on the path; its tests see it the same way.
sys.path.insert(0, str(ROOT / "infra"))


# A shell's background jobs ignore interrupts and hand that down; the tests' own children must hear theirs.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# `nohup` likewise; what is met, not ignored, is not handed down, and the tests themselves go on.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture(autouse=True)
def no_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a setting of the developer's own accounts."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) and name != "LIVEAVATAR_OPS_TOOLCHAIN":
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's top folder."""
    return ROOT
