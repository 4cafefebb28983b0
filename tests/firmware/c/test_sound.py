"""The front end in C hears what the one in Python hears: every channel of every step, and where words begin and end."""

import subprocess
from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest

from golden.integer.layer import Int16
from golden.sound.front_end import CHANNELS, EDGES, FLOOR, RATE, features
from golden.sound.gate import OPENS, QUIET
from golden.sound.spectrum import FRAME, HOP, QUARTER

from ...golden.sound.sounds import kinds, noise, word
from .driver import COMPILERS, HERE, SANITIZERS, SOURCES, WARNINGS, compile_c, compiler
from .test_sources import FREESTANDING, TARGETS, symbols

SOURCE = SOURCES / "polychron_sound.c"


class Event(IntEnum):
    NOTHING, BEGIN, STEP, END = range(4)


def child(name: str, folder: Path, source: Path = SOURCE) -> Path:
    return compile_c(name, [HERE / "sound.c", source], folder / f"child-{name}", *WARNINGS, *SANITIZERS)


def heard_by(program: Path, samples: Int16) -> tuple[list[Event], Int16]:
    """The (frames,) events and the (frames, channels) that a child says."""
    done = subprocess.run([program], input=samples.astype("<i2").tobytes(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    rows = np.frombuffer(done.stdout, "<i2").reshape(-1, 1 + len(CHANNELS))
    return [Event(event) for event in rows[:, 0]], rows[:, 1:]


def steps(events: list[Event], rows: Int16) -> Int16:
    """Those of the first word."""
    first = events.index(Event.BEGIN)
    last = events.index(Event.END) if Event.END in events else len(events) - 1
    return rows[first : last + 1]


def compare(found: Int16, due: Int16) -> None:
    """The first that differs is named."""
    assert len(found) == len(due), f"{len(found)} steps, not {len(due)}"
    for step, channel in np.argwhere(found != due):
        raise AssertionError(f"step {step}, {CHANNELS[channel]}: {found[step, channel]} in C, {due[step, channel]} in Python")


def words() -> dict[str, Int16]:
    """Sounds after a pause, so that each is a word."""
    made = {f"{name}, after a pause": np.concatenate([np.zeros(1000, np.int16), sound]) for name, sound in kinds().items()}
    return made | {f"word {seed}": word(seed, hertz=200 + 70 * seed, level=300 * 2 ** (seed % 6)) for seed in range(12)}


@pytest.mark.parametrize("name", COMPILERS)
def test_every_channel_is_that_of_the_model(name: str, tmp_path: Path) -> None:
    program, seen = child(name, tmp_path), set()
    for samples in words().values():
        events, rows = heard_by(program, samples)
        assert len(events) == 1 + (len(samples) - FRAME) // HOP
        if Event.BEGIN in events:
            found = steps(events, rows)
            compare(found, features(samples))
            seen |= set(found.ravel().tolist())
    assert len(seen) > 350


@pytest.mark.parametrize(
    ("there", "other", "named"),
    [("    0, 101,", "    0, 117,", "band"), ("FLOOR = -384", "FLOOR = -383", "band"), ("QUIET = 10", "QUIET = 9", "steps, not")],
)
def test_a_number_that_is_off_is_found(there: str, other: str, named: str, tmp_path: Path) -> None:
    """The control: step and channel are named."""
    text = SOURCE.read_text(encoding="utf-8")
    assert there in text
    (tmp_path / "other.c").write_text(text.replace(there, other), encoding="utf-8")
    program = child("gcc", tmp_path, tmp_path / "other.c")
    samples = np.concatenate([word(0), noise(0)])
    with pytest.raises(AssertionError, match=named):
        compare(steps(*heard_by(program, samples)), features(samples))


def test_words_one_after_another(tmp_path: Path) -> None:
    """Each is heard as if it were alone, but for how long the quiet before it has been."""
    program = child("gcc", tmp_path)
    alone = [word(seed, hertz=300 + 100 * seed) for seed in range(3)]
    alone = [one[: len(one) - len(one) % HOP] for one in alone]
    events, rows = heard_by(program, np.concatenate(alone))
    begins = [number for number, event in enumerate(events) if event == Event.BEGIN]
    ends = [number for number, event in enumerate(events) if event == Event.END]
    assert len(begins) == len(ends) == 3
    assert all(begin < end for begin, end in zip(begins, ends, strict=True))
    for one, begin, end in zip(alone, begins, ends, strict=True):
        compare(rows[begin : end + 1], features(one))


def test_constants_and_table_are_those_of_the_model() -> None:
    text, header = SOURCE.read_text(encoding="utf-8"), (SOURCES / "polychron_sound.h").read_text(encoding="utf-8")
    listed = [[int(word) for word in part.split("}")[0].replace("\n", " ").split(",") if word.strip()] for part in text.split("] = {")[1:3]]
    assert listed == [list(QUARTER), list(EDGES)]
    assert f"OPENS = {OPENS}, RISING = 1, QUIET = {QUIET} " in text
    assert f"FLOOR = {FLOOR}," in text
    for name, value in (("RATE", RATE), ("FRAME", FRAME), ("HOP", HOP), ("CHANNELS", len(CHANNELS))):
        assert f"#define POLYCHRON_SOUND_{name} {value} " in header


@pytest.mark.parametrize("name", COMPILERS)
def test_it_needs_nothing_but_memory_functions_and_has_no_data(name: str, tmp_path: Path) -> None:
    found = symbols(compile_c(name, [SOURCE], tmp_path / "out.o", *FREESTANDING))
    undefined = {symbol for kind, symbol in found if kind == "U"}
    assert undefined <= {"memcpy", "memset", "memmove"}
    assert {kind for kind, _ in found} <= set("TtUr")
    assert all(symbol.startswith("polychron_") for kind, symbol in found if kind == "T")


@pytest.mark.parametrize("target", TARGETS)
def test_it_compiles_for_small_processors(target: str, tmp_path: Path) -> None:
    """Its state, as docs/reference/sound.md says."""
    name, options = TARGETS[target]
    compiler(name)
    compile_c(name, [SOURCE], tmp_path / "out.o", *FREESTANDING, *options)
    source = tmp_path / "size.c"
    source.write_text('#include "polychron_sound.h"\n_Static_assert(sizeof(polychron_sound) == 6160, "");\n', encoding="utf-8")
    compile_c(name, [source], tmp_path / "size.o", "-std=c11", "-ffreestanding", "-c", *options)
