"""A recording: a WAV file of 16 bits, mono, at the rate that the front end hears."""

import io
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ...sound.front_end import RATE
from ...sound.spectrum import FRAME
from .content import named, read_content

WANTED = f"one channel of 16 bits at {RATE:,} Hz (sox IN -c 1 -b 16 -r {RATE} OUT)"


def samples_of(content: bytes) -> npt.NDArray[np.int16]:
    """(samples,) of the bytes of a file; ``NetworkError`` for what is no such recording, or shorter than a frame."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            form = file.getnchannels(), 8 * file.getsampwidth(), file.getframerate()
            count, data = file.getnframes(), b""
            if form == (1, 16, RATE):
                data = file.readframes(count)
    except Exception as error:  # of bytes that are none, wave raises what it likes
        raise NetworkError(f"it is no WAV file that can be read: {printable(error, limit=300) or type(error).__name__}") from None
    if form != (1, 16, RATE):
        raise NetworkError(f"it must have {WANTED}, not {form[0]} of {form[1]} bits at {form[2]:,} Hz")
    if len(data) != 2 * count:
        raise NetworkError(f"it is cut short: {len(data) // 2} of {count} samples are there")
    if count < FRAME:
        raise NetworkError(f"it must have at least {FRAME} samples, not {count}")
    return np.frombuffer(data, "<i2").astype(np.int16)


def read_wav(path: Path) -> npt.NDArray[np.int16]:
    """(samples,) of a file; ``NetworkError`` that names it."""
    with named(path):
        return samples_of(read_content(path))
