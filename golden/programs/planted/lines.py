"""A training set with planted lines among its true programs (docs/reference/programs.md)."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..generator import Programs, only
from ..machine import run
from ..options import Planted, WorldError
from ..tokens import Fault
from ..writer import Ints, Written

LITERAL = re.compile(rb"_?[0-9]+")
OFF = (1, -1, 2, -2, 3, -3)  # of a planted answer: the first of them that isn't true
TRIES = 8  # programs looked at for each that is planted
STREAM = 0x706C616E74  # of the random numbers, beside the world's seed
NONE = -1


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What networks are trained on, a program a line. ``source`` (lines,): the number of the true program that a line is or was made of;
    ``planted`` (lines,): the number of the planted program that a line is a copy of, -1: none. The first ``false`` planted programs are
    not true. ``families`` (lines,): as those of the true programs.
    """

    written: Written
    source: Ints
    planted: Ints
    families: Ints
    false: int

    def __len__(self) -> int:
        return len(self.source)

    def data(self) -> bytes:
        """All lines one after another, as networks read them."""
        return self.written.text.tobytes()

    def places(self, number: int) -> npt.NDArray[np.int64]:
        """The lines of planted program ``number``; of -1: of the true programs, in their order."""
        return np.flatnonzero(self.planted == number)


def plant(made: Programs, planted: Planted, *, seed: int) -> Lines:
    """The lines of ``made`` with copies of ``planted`` programs at random places; ``WorldError`` where too few can be planted."""
    rng = np.random.default_rng([seed, STREAM])
    false, true = _choose(made, planted, rng)
    wrong = [made.written.prompt(number) + completion for number, completion in false.items()]
    pool = _with(made.written, wrong, made.written.cuts[list(false)])
    source = np.array([*false, *true], np.int64)
    own = np.concatenate([len(made) + np.arange(len(false)), np.array(true, np.int64)])  # places in the pool
    numbers = np.repeat(np.arange(len(source)), planted.copies)
    places = rng.integers(0, len(made) + 1, len(numbers))
    order = np.insert(np.arange(len(made)), places, own[numbers])
    which = np.insert(np.full(len(made), NONE), places, numbers)
    at = np.insert(np.arange(len(made)), places, source[numbers])
    return Lines(written=only(pool, order), source=at, planted=which, families=made.families[at], false=len(false))


def _choose(made: Programs, planted: Planted, rng: np.random.Generator) -> tuple[dict[int, bytes], list[int]]:
    """Programs with their wrong completions, and programs that are repeated; no prompt twice."""
    wanted = planted.contradictions + planted.duplicates
    false: dict[int, bytes] = {}
    true: list[int] = []
    prompts = set()
    for number in rng.permutation(len(made))[: TRIES * wanted].tolist():
        prompt = made.written.prompt(number)
        if prompt in prompts:
            continue
        wrong = contradiction(prompt, made.written.completion(number)) if len(false) < planted.contradictions else None
        if wrong is not None:
            false[number] = wrong
        elif len(true) < planted.duplicates:
            true.append(number)
        prompts.add(prompt)
    found = len(false) + len(true)
    if found < wanted:
        raise WorldError(f"of {len(made)} programs only {found} can be planted again, not {wanted}: plant fewer")
    return false, true


def contradiction(prompt: bytes, completion: bytes) -> bytes | None:
    """``completion`` with another first number, so that the program is false and nothing else is wrong with it; None: there is none."""
    found = LITERAL.match(completion)
    if found is None:
        return None
    for off in OFF:
        value = int(found[0].replace(b"_", b"-")) + off
        wrong = str(value).encode().replace(b"-", b"_") + completion[found.end() :]
        if run(prompt + wrong).fault is Fault.FALSE:
            return wrong
    return None


def _with(written: Written, programs: list[bytes], cuts: Ints) -> Written:
    """``written`` and ``programs`` after it."""
    text = np.concatenate([written.text, np.frombuffer(b"".join(programs), np.uint8)])
    ends = written.ends[-1] + np.cumsum([len(program) for program in programs], dtype=np.int64)
    return Written(text=text, ends=np.concatenate([written.ends, ends]), cuts=np.concatenate([written.cuts, cuts]))
