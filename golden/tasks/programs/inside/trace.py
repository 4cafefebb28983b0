"""Which training programs taught an answer: an exact look through the whole training set, and how well it finds what was planted."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.system.progress import under_way

from ....compiled.reads import reads
from ....compiled.visits import share_rows
from ..completion import complete
from ..evaluation import Rate
from .visits import Studied
from .votes import OUTPUT, Choice, choices

NAMED = 10  # programs

Scores = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A training program with the ``lines`` it stands on, and what it shares with an answer: the margins of the shared rows, summed."""

    program: bytes
    shared: int
    lines: tuple[int, ...]


def shared(studied: Studied, answers: Sequence[Choice]) -> Scores:
    """(answers, lines): the most that a symbol of each training line shares with each answer. Only a place where the line goes on with
    the answer's symbol counts; a table whose row it read there counts by the row's weight.
    """
    best = np.zeros((len(answers), len(studied.training.lines)), np.int64)
    if not answers:
        return best
    wanted = np.array([[vote.number for vote in answer.votes] for answer in answers], np.int32)
    weights = np.array([[vote.weight for vote in answer.votes] for answer in answers], np.int64)
    symbols = np.array([answer.numbers[0] for answer in answers], np.int32)
    with under_way("looking through the training set"):
        for layer, start, rows in reads(studied.network, studied.symbols):
            if layer == OUTPUT:
                part = slice(start, start + len(rows))
                share_rows(rows, studied.symbols[part], studied.owners[part], wanted, weights, symbols, best)
    return best


def sources(studied: Studied, scores: npt.NDArray[np.int64], *, count: int = NAMED) -> list[Source]:
    """The ``count`` programs with the highest of ``scores`` (lines,), of equal ones the first; a program is named once."""
    written = studied.training.lines.written
    found: dict[bytes, list[int]] = {}
    for line in np.argsort(-scores, kind="stable").tolist():
        program = written.program(line)
        if program not in found and len(found) == count:
            break
        found.setdefault(program, []).append(line)
    return [Source(program=program, shared=int(scores[lines[0]]), lines=tuple(lines)) for program, lines in found.items()]


def planting(studied: Studied, *, kind: str = "contradictions", count: int = NAMED) -> dict[str, Any]:
    """Trace every planted completion that the network has learnt, from the symbol in which it differs from the true one (of duplicates:
    its first symbol), to the lines that it was planted on."""
    lines = studied.training.lines
    numbers = range(lines.false) if kind == "contradictions" else range(lines.false, int(lines.planted.max(initial=-1)) + 1)
    places = [int(lines.places(number)[0]) for number in numbers]
    prompts = [lines.written.prompt(place) for place in places]
    with under_way("completing"):
        completions = complete(studied.network, studied.names, prompts)
    learnt, answers = [], []
    for number, place, prompt, completion in zip(numbers, places, prompts, completions, strict=True):
        if completion == lines.written.completion(place):
            true = studied.training.programs.written.completion(int(lines.source[place]))
            same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(true, completion, strict=False))))
            at = same if same < len(completion) else 0
            learnt.append(number)
            answers.append(choices(studied.network, studied.names, prompt + completion[:at], completion[at : at + 1])[0])
    ranks = []
    for number, scores in zip(learnt, shared(studied, answers) if answers else (), strict=True):
        named = sources(studied, scores, count=count)
        ranks.append(next((rank for rank, one in enumerate(named) if set(one.lines) & set(lines.places(number).tolist())), count))
    found: dict[str, Any] = {"planted": len(places), "learnt": len(learnt)}
    for name, within in (("traced", count), ("traced_first", 1)):
        rate = Rate(count=sum(rank < within for rank in ranks), of=len(ranks)) if ranks else None
        found |= {name: rate.share if rate else None, f"{name}_interval": list(rate.ends) if rate else None}
    return found
