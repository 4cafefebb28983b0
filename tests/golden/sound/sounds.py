"""Sounds to hear, made by arithmetic: 16 bits at 16 kHz."""

import wave
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def tone(hertz: float, *, seconds: float = 0.2, level: float = 8000) -> Samples:
    return np.round(level * np.sin(2 * np.pi * hertz * np.arange(round(16_000 * seconds)) / 16_000)).astype(np.int16)


def noise(seed: int, *, seconds: float = 0.2, level: float = 3000) -> Samples:
    return np.clip(np.random.default_rng(seed).normal(0, level, round(16_000 * seconds)), -32768, 32767).astype(np.int16)


def word(seed: int, *, hertz: float = 500, level: float = 6000) -> Samples:
    """A tone that rises, in noise, between pauses."""
    rng = np.random.default_rng(seed)
    bent = level * np.sin(2 * np.pi * hertz * np.cumsum(np.linspace(1, 2, 6400)) / 16_000)
    made = np.concatenate([np.zeros(2000), bent, np.zeros(5000)])
    return np.round(made + rng.normal(0, level / 200, len(made))).astype(np.int16)


def kinds() -> dict[str, Samples]:
    """All kinds, the extremes of 16 bits among them."""
    count = 4 * 512
    full = np.where(np.arange(count) % 2, 32767, -32768).astype(np.int16)
    return {
        "silence": np.zeros(count, np.int16),
        "one step": np.where(np.arange(count) < 700, 0, 1).astype(np.int16),
        "an impulse": np.where(np.arange(count) == 400, -32768, 0).astype(np.int16),
        "every other": full,
        "in pairs": np.where(np.arange(count) // 2 % 2, 32767, -32768).astype(np.int16),
        "of window length": np.where(np.arange(count) // 256 % 2, 32767, -32768).astype(np.int16),
        "the least": np.full(count, -32768, np.int16),
        "a low tone": tone(150),
        "a high tone": tone(5000, level=32767),
        "a faint tone": tone(1000, level=3),
        "noise": noise(0),
        "loud noise": noise(1, level=30_000),
        "faint noise": noise(2, level=1),
        "a word": word(3),
    }


def write_wav(path: Path, samples: Samples, *, channels: int = 1, width: int = 2, rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def write_words(folder: Path, words: Mapping[str, float], *, speakers: Sequence[str], takes: int) -> None:
    """FOLDER/WORD/SPEAKER_N.wav: each word is a tone that rises from its frequency, each speaker a little higher than the one before."""
    for number, (name, hertz) in enumerate(words.items()):
        for place, speaker in enumerate(speakers):
            for take in range(takes):
                seed = 100 * number + 10 * place + take
                write_wav(folder / name / f"{speaker}_{take}.wav", word(seed, hertz=hertz * 1.02 ** (place + take)))
