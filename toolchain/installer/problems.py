"""
What can go wrong, as sentences for a person:

ToolchainError
├── NotHere       this source cannot give the engine here; the next one is tried
└── StepFailed    a command ended badly: which step, how, and the last lines it said
"""

import re
from collections.abc import Sequence

# Proxies and mirrors may carry a password in their address.
_ADDRESS_WITH_PASSWORD = re.compile(r"//[^/@\s]+@")


class ToolchainError(Exception):
    """One engine could not be had. The text is all that the user sees."""


class NotHere(ToolchainError):
    """A source has not what we want; says why in half a sentence."""


class StepFailed(ToolchainError):
    """A command of a build failed."""

    def __init__(self, step: str, reason: str, last_lines: Sequence[str] = ()) -> None:
        self.step, self.reason = step, reason
        self.last_lines = tuple(_ADDRESS_WITH_PASSWORD.sub("//…@", line) for line in last_lines)
        text = f"step “{step}” failed: {reason}"
        if self.last_lines:
            text += "; its last lines:\n" + "\n".join(f"    {line}" for line in self.last_lines)
        super().__init__(text)
