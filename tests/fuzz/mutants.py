"""Mutants of bytes, of JSON values and of arrays, and the budget of a fuzzer: seeds and seconds that the environment may set.

POLYCHRON_FUZZ_SEED (0 if not given) and POLYCHRON_FUZZ_SECONDS (of each target; if not given, its own number of mutants).
"""

import faulthandler
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from polychron.system.memory import bounded

SEED = int(os.environ.get("POLYCHRON_FUZZ_SEED", "0"))
SECONDS = float(os.environ.get("POLYCHRON_FUZZ_SECONDS", "0"))
HANG = 10.0
"""Seconds of processor time after which a mutant counts as a hang."""
MEMORY = 512 << 20
"""Bytes that reading a mutant of a file may take."""

Rng = np.random.Generator
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1 << 15,
    1 << 31,
    1 << 70,
    0.5,
    float("nan"),
    float("inf"),
    "",
    "\x1b[2J\n",
    "\ud800",
    [],
    {},
    [8],
    "9" * 999,
)


class Hang(BaseException):
    """A mutant that has taken too much processor time; no handler of what is under test takes it for an error of its own."""


@dataclass
class Tally:
    """What became of the mutants of one target: how many there were of each outcome."""

    target: str
    seed: int
    seen: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.seen.items()))
        return f"{self.target}: {self.seen.total()} mutants, {outcomes}, seed {self.seed}"


TALLIES: list[Tally] = []


def fuzz(target: str, one: Callable[[Rng], str], *, count: int, memory: int | None = None, hang: float = HANG) -> Tally:
    """``one`` makes a mutant, tries it and gives the outcome, such as refused; a failure names the mutant's number.

    A mutant that takes more than ``hang`` seconds of processor time raises :class:`Hang`; where compiled code doesn't end by 20 times that,
    the process ends, and a file ``polychron-fuzz-*.txt`` of the temporary folder names the mutant and the calls. ``memory``: bytes that a
    mutant may take on top of what the process has, beyond which there is a ``MemoryError``.
    """
    tally = Tally(target, SEED)
    TALLIES.append(tally)
    end = time.monotonic() + SECONDS
    number = 0
    with _watch(hang) as watched:
        while number < count or time.monotonic() < end:
            name = f"{target}: seed {SEED}, mutant {number}"
            try:
                with watched(name), nullcontext() if memory is None else bounded(memory):
                    outcome = one(np.random.default_rng([SEED, number]))
            except BaseException as error:
                error.add_note(name)
                raise
            tally.seen[outcome] += 1
            number += 1
    return tally


@contextmanager
def _watch(hang: float) -> Iterator[Callable[[str], AbstractContextManager[None]]]:
    """Gives what bounds the time of a named mutant."""

    def over(number: int, frame: object) -> None:
        raise Hang(f"more than {hang} s of processor time")

    @contextmanager
    def watched(name: str) -> Iterator[None]:
        note.seek(0)
        note.truncate()
        note.write(name + "\n")
        note.flush()
        faulthandler.dump_traceback_later(20 * hang, file=note, exit=True)
        signal.setitimer(signal.ITIMER_PROF, hang)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.cancel_dump_traceback_later()

    before = signal.signal(signal.SIGPROF, over)
    place = Path(tempfile.gettempdir()) / f"polychron-fuzz-{os.getpid()}.txt"
    try:
        with place.open("w") as note:
            yield watched
    finally:
        signal.signal(signal.SIGPROF, before)
        place.unlink(missing_ok=True)


def mutate_bytes(rng: Rng, data: bytes) -> bytes:
    """One to four changes: bits, bytes, numbers of 32 bits, pieces cut, doubled, filled; an end lost or added."""
    out = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(len(out) + 1))
        size = int(rng.integers(1, 1 << int(rng.integers(1, 9))))
        match int(rng.integers(7)):
            case 0 if at < len(out):
                out[at] ^= 1 << int(rng.integers(8))
            case 1:
                out[at : at + 4] = int(rng.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, int(rng.integers(1 << 32))])).to_bytes(4, "little")
            case 2:
                del out[at : at + size]
            case 3:
                out[at:at] = out[at : at + size]
            case 4:
                out[at : at + size] = bytes([int(rng.choice([0, 255, 10, 27]))]) * size
            case 5:
                del out[at:]
            case _:
                out += rng.bytes(size)
    return bytes(out)


def mutate_json(rng: Rng, value: Any) -> Any:
    """``value`` with one of its parts, at any depth, lost or replaced by an odd value."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = list(value)[int(rng.integers(len(value)))]
        if rng.random() < 0.1:
            return {name: part for name, part in value.items() if name != key}
        return value | {key: mutate_json(rng, value[key])}
    if isinstance(value, list | tuple) and value and rng.random() < 0.85:
        at = int(rng.integers(len(value)))
        return [mutate_json(rng, part) if index == at else part for index, part in enumerate(value)]
    if type(value) is int and rng.random() < 0.4:
        return value + int(rng.integers(-2, 3))
    return ODD[int(rng.integers(len(ODD)))]


def mutate_array(rng: Rng, array: np.ndarray) -> np.ndarray:
    """Another value, shape or type."""
    match int(rng.integers(12)):
        case 0:
            return np.ascontiguousarray(array[..., : rng.choice([-1, 0])])
        case 5:
            return array[:-1]
        case 4:
            return np.array(array.flat[0] if array.size else 0, array.dtype)
        case 1:
            return array[None]
        case 2:
            return array.astype(rng.choice(["int32", "float32", "uint8", "float64"]))
        case 3:
            return array[:0]
        case _:
            changed = array.copy()
            if changed.size:
                limits = np.finfo(array.dtype) if array.dtype.kind == "f" else np.iinfo(array.dtype)
                odd = [limits.min, limits.max, 0, 1, 2] + ([np.nan, np.inf] if array.dtype.kind == "f" else [])
                changed.flat[int(rng.integers(changed.size))] = odd[int(rng.integers(len(odd)))]
            return changed
