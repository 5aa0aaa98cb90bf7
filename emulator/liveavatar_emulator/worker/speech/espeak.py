"""espeak-ng by ctypes: library and voice data come as a wheel, so nothing is installed on the machine."""

import ctypes
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveavatar_emulator.worker.speech.voices import Voice

# espeak-ng/speak_lib.h
SYNCHRONOUS, CHARS_UTF8, ENDPAUSE = 2, 1, 0x1000
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
OK = 0

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class NoEspeak(Exception):
    """The library cannot be loaded or started here."""


class Espeak:
    """One engine a process: espeak-ng keeps its state in globals, so calls take turns."""

    def __init__(self) -> None:
        self._lib, self.rate = _load()
        self._lock = threading.Lock()
        self._parts: list[NDArray[np.int16]] = []
        self._callback = _Callback(self._take)
        self._lib.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, voice: Voice) -> NDArray[np.int16]:
        """The text as mono PCM at `rate`."""
        with self._lock:
            self._parts = []
            if self._lib.espeak_SetVoiceByName(voice.variant.encode()) != OK:
                self._lib.espeak_SetVoiceByName(b"en-us")
            for parameter, value in (
                (RATE, voice.words_per_minute),
                (PITCH, voice.pitch),
                (RANGE, 55),
                (VOLUME, 100),
            ):
                self._lib.espeak_SetParameter(parameter, value, 0)
            raw = text.encode()
            self._lib.espeak_Synth(raw, len(raw) + 1, 0, 0, 0, CHARS_UTF8 | ENDPAUSE, None, None)
            self._lib.espeak_Synchronize()
            parts, self._parts = self._parts, []
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int16)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._parts.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        return 0


def _load() -> tuple[ctypes.CDLL, int]:
    try:
        import espeakng_loader  # noqa: PLC0415 - a machine without the wheel still has the other voice

        lib = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        data = str(espeakng_loader.get_data_path())
    except (ImportError, OSError, RuntimeError) as error:
        raise NoEspeak(f"espeak-ng cannot be loaded: {error}") from None
    lib.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    lib.espeak_Synth.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
        ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    rate = int(lib.espeak_Initialize(SYNCHRONOUS, 200, data.encode(), 0))
    if rate <= 0:
        raise NoEspeak("espeak-ng found no voice data")
    return lib, rate
