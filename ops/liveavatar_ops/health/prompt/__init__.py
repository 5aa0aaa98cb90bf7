"""The short spoken question that depth `conversation` asks. Its origin: ORIGIN.md beside it."""

import wave
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Prompt:
    """Mono int16 samples as bytes, little endian."""

    samples: bytes
    rate_hz: int

    @property
    def took_s(self) -> float:
        """Its length."""
        return len(self.samples) / 2 / self.rate_hz


def load_prompt() -> Prompt:
    """The prompt that ships with the package."""
    with resources.files(__package__).joinpath("hello.wav").open("rb") as file, wave.open(file) as held:
        if (held.getnchannels(), held.getsampwidth()) != (1, 2):
            raise ValueError("hello.wav must be mono with 16 bits a sample")
        return Prompt(held.readframes(held.getnframes()), held.getframerate())
