"""A set of spoken keywords, made by speech programs: WAV files by word, of voices to train on and of voices that are held out.

python -m benchmarks.keywords.speak DIR [--seed N]

DIR/train/WORD/SPEAKER_VOICE_WORD-N.wav and DIR/unseen/WORD/..., 16 kHz, 16 bits, mono, and DIR/manifest.csv. Beside the ten keywords there
are twenty other words, and noise without a word.
"""

import io
import sys
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import numpy.typing as npt

from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.terminal import printable
from polychron.system.files import write_whole
from polychron.system.progress import bar

from .voices import FIRST, MORE, NAMED, VOICES, Saying, Voice, check_programs, speak, unseen
from .words import KEYWORDS, NOISE, OTHERS

RATE = 16_000
TAKES = {"train": (8, 1), "espeak-ng": (4, 2), "named": (1, 1), "unseen": (6, 2)}
"""Of each speaker by each program, of a keyword and of another word; ``espeak-ng``: of those that are trained on; ``named``: of its
variants with names."""

PLAIN = 3
"""Of so many takes of a voice that is trained on, one is as those of unseen voices are; the others are bent further."""

NOISES = {"train": 40, "unseen": 10}
"""Recordings without a word."""

STRETCH = (0.85, 1.25)  # of the time that a word takes
FACTOR = {True: (0.94, 1.06), False: (0.85, 1.18)}  # plain or bent: of the rate it is played at, which moves pitch and formants
TONE = {True: 0.0, False: 2.5}  # dB, of each of the waves that are laid over the spectrum
BEFORE, BEHIND = (0.05, 0.25), (0.1, 0.3)  # seconds of noise alone
PEAK, SIGNAL_TO_NOISE = (-20.0, -1.0), (25.0, 45.0)  # dB

Sound = npt.NDArray[np.float64]
"""(samples,), 1 at full scale."""

app = make_app(
    "python -m benchmarks.keywords.speak",
    "Let speech programs speak a set of keywords.",
    examples=["python -m benchmarks.keywords.speak keywords"],
)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """``part``: train or unseen; ``word`` that is spoken."""

    part: str
    word: str
    voice: Voice
    number: int
    sound: Sound

    @property
    def place(self) -> str:
        return f"{self.part}/{self.word}/{self.voice.speaker}_{self.voice.name}_{self.word}-{self.number}.wav"

    @property
    def line(self) -> str:
        """Of the manifest."""
        return ",".join([self.place, self.word, self.voice.speaker, self.voice.program, self.voice.name])


@app.default
def speak_all(
    folder: Annotated[Path, option("where the set goes", metavar="DIR")],
    /,
    *,
    seed: Annotated[int, option("of speeds, pitches, pauses, noise", low=0, high=1 << 31)] = 0,
) -> None:
    check_programs()
    held_out = unseen()
    files: dict[Path, bytes] = {}
    lines = ["file,word,speaker,program,voice"]
    with bar(len(VOICES) + len(NOISES), unit="voice") as line:
        for recordings in _all(held_out, seed):
            for one in recordings:
                files[folder / one.place] = wav_bytes(one.sound)
                lines.append(one.line)
            line.update(1)
    files[folder / "manifest.csv"] = "\n".join([*lines, ""]).encode()
    write_whole(files, folders=True)
    for part in NOISES:
        speakers = {voice.speaker for voice in VOICES if (voice.speaker in held_out) == (part == "unseen")}
        made = sum(place.parent.parent.name == part for place in files)
        print(f"{printable(folder / part)}: {made} recordings, speakers {', '.join(sorted(speakers))}")


def _all(held_out: Sequence[str], seed: int) -> Iterator[Iterator[Recording]]:
    """What each voice says, and the noises of either part. What is held out stays the same whoever is trained on."""

    def said(voice: Voice, number: int) -> Iterator[Recording]:
        return spoken(voice, "unseen" if voice.speaker in held_out else "train", np.random.default_rng([seed, number]))

    yield from map(said, FIRST, count())
    for number, part in enumerate(NOISES, start=len(FIRST)):
        yield noises(part, np.random.default_rng([seed, number]))
    yield from map(said, MORE, count(len(FIRST) + len(NOISES)))


def noises(part: str, rng: np.random.Generator) -> Iterator[Recording]:
    """Recordings without a word."""
    voice = Voice(program="made", name=NOISE, speaker=f"{NOISE}-{part}")
    for take in range(NOISES[part]):
        sound = noise(round(rng.uniform(0.5, 1.2) * RATE), rng) * 10 ** (rng.uniform(-60, -15) / 20)
        yield Recording(part=part, word=NOISE, voice=voice, number=take, sound=sound)


def spoken(voice: Voice, part: str, rng: np.random.Generator) -> Iterator[Recording]:
    """All that a voice says."""
    shared = sum((one.program, one.speaker) == (voice.program, voice.speaker) for one in VOICES)
    named = part == "train" and voice.speaker in NAMED
    takes = TAKES.get("named" if named else voice.program if part == "train" else part, TAKES[part])
    counts = zip((KEYWORDS, OTHERS), takes, strict=True)
    plan = [(word, take) for words, most in counts for word in words for take in range(most // shared)]
    with TemporaryDirectory(prefix="polychron-") as made:
        sayings = [
            Saying(word, float(rng.uniform(*STRETCH)), int(rng.integers(25, 75)), Path(made) / f"{number}.wav")
            for number, (word, _) in enumerate(plan)
        ]
        speak(voice, sayings, folder=Path(made))
        for (word, take), saying in zip(plan, sayings, strict=True):
            plain = part == "unseen" or (int(rng.integers(PLAIN)) if named else take % PLAIN) == 0
            sound = toned(played(saying.out, float(rng.uniform(*FACTOR[plain]))), TONE[plain], rng)
            yield Recording(part=part, word=word, voice=voice, number=take, sound=in_a_room(sound, rng))


def played(path: Path, factor: float) -> Sound:
    """The sound of a file, without the silence at its ends, ``factor`` times as fast, at :data:`RATE`."""
    from scipy.signal import resample_poly

    with wave.open(str(path)) as file:
        rate = round(file.getframerate() * factor)
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    return np.asarray(resample_poly(sound[loud[0] : loud[-1] + 1], RATE // 100, round(rate / 100)), np.float64)


def in_a_room(sound: Sound, rng: np.random.Generator) -> Sound:
    """A word between pauses, at some loudness and in some noise."""
    before, behind = (round(rng.uniform(*bounds) * RATE) for bounds in (BEFORE, BEHIND))
    padded = np.concatenate([np.zeros(before), sound, np.zeros(behind)])
    power, peak = float((sound**2).mean()), float(np.abs(sound).max())
    level = np.sqrt(power) * 10 ** (-rng.uniform(*SIGNAL_TO_NOISE) / 20)
    return (padded + level * noise(len(padded), rng)) / peak * 10 ** (rng.uniform(*PEAK) / 20)


def toned(sound: Sound, tone: float, rng: np.random.Generator) -> Sound:
    """A sound whose spectrum is bent by half a wave, one and one and a half over the logarithm of the frequency, from 50 Hz up, each of
    ``tone`` dB (standard deviation)."""
    spectrum = np.fft.rfft(sound)
    place = np.log(np.maximum(np.fft.rfftfreq(len(sound), 1 / RATE), 50) / 50) / np.log(RATE / 100)
    gain = sum(rng.normal(0, tone) * np.cos(np.pi * wave * place) for wave in (1, 2, 3))
    return np.asarray(np.fft.irfft(spectrum * 10 ** (gain / 20), len(sound)), np.float64)


def noise(count: int, rng: np.random.Generator) -> Sound:
    """Of mean square 1, its power falling with the frequency to a power of 0 to 2."""
    spectrum = np.fft.rfft(rng.normal(size=count))
    spectrum *= np.maximum(1, np.arange(len(spectrum))) ** (-rng.uniform(0, 1))
    spectrum[0] = 0
    made = np.fft.irfft(spectrum, count)
    return np.asarray(made / made.std(), np.float64)


def wav_bytes(sound: Sound) -> bytes:
    """A WAV file of 16 bits, mono, at :data:`RATE`."""
    samples = np.clip(np.round(sound * 32768), -32768, 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
