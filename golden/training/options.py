"""The options of trainings on texts that all architectures share."""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from polychron.command.options import UNRECORDED, Options, option, word

from ..integer.layer import MAX_NC
from ..model.anchors import Anchors

FILES, RUN, SHAPE, INTEGERS = (Group(name, sort_key=number) for number, name in enumerate(("Files", "Training run", "Shape", "Integers")))
file_option, run_option, shape_option, integer_option = (partial(option, group=group) for group in (FILES, RUN, SHAPE, INTEGERS))


def tables_word(word: str) -> tuple[int, int]:
    """NTxNC, such as 16x10: (16, 10)."""
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,2})", word)
    if found is None or not (1 <= int(found[1]) and 1 <= int(found[2]) <= MAX_NC):
        raise ValueError(f"must be tables x pairs, 1..9999 x 1..{MAX_NC}, such as 16x10, not {word!r}")
    return int(found[1]), int(found[2])


def tables_option(text: str, **rest: Any) -> Parameter:
    """Tables and pairs of each in one word."""
    return word(text, tables_word, metavar="NTxNC", group=SHAPE, **rest)


@dataclass(frozen=True, kw_only=True)
class LanguageOptions(Options):
    """How to train on a text. What a preset leaves out has the value given here."""

    about: Annotated[str, option("what a preset is for", parse=False), UNRECORDED] = ""
    text: Annotated[Path | None, file_option("any file; its last tenth is held out. Left out: Python's own help topics")] = None
    preset: Annotated[str, file_option("shape and schedule to begin with; every other option changes it")] = ""
    out: Annotated[Path | None, file_option("the network file; left out: TASK.safetensors"), UNRECORDED] = None
    minutes: Annotated[float, run_option("length of the run", low=0.01, high=1e6)] = 5.0
    steps: Annotated[
        int | None,
        run_option(
            "train for this number of mini-batches instead of minutes; the result is then the same on every machine", low=1, high=1e9
        ),
    ] = None
    seed: Annotated[int, run_option("seed of every random choice", low=0, high=1 << 63)] = 0
    resume: Annotated[
        Path | None,
        file_option("continue from the float network in this file, with its shape and symbols; the learning-rate schedule restarts"),
    ] = None
    no_float: Annotated[bool, file_option("save the integer network alone: a small file that can't be resumed")] = False
    rate: Annotated[float, run_option("learning rate", low=0, high=1)] = 0.01
    jitter: Annotated[float, run_option("chance, times U(u), that a table's nearest bit flips while training", low=0, high=1)] = 0.5
    anchors: Annotated[Anchors, shape_option("how pairs are drawn")] = "random"
    symbols: Annotated[int, shape_option("size of the vocabulary, the unknown symbol included", low=2, high=256)] = 64
    streams: Annotated[int, run_option("pieces of the text read in parallel", low=1, high=1 << 16)] = 64
    window: Annotated[int, run_option("symbols of each stream in a step, propagated back through", low=1, high=1 << 16)] = 32
    qat: Annotated[float, integer_option("fraction of the run, at its end, that trains with rounded tables", low=0, high=1)] = 0.8
    bits: Annotated[Literal[4, 8] | None, integer_option("width of all tables; their units are searched for unless given")] = None
    grow: Annotated[
        int, run_option("anchor pairs a table begins with; the others come one at a time; 0: all at once", low=0, high=MAX_NC)
    ] = 0
    grown: Annotated[float, run_option("fraction of the run by which all pairs are there", low=0, high=1)] = 0.5
    recent: Annotated[float, run_option("fraction of the streams that read the last tenth of the training text alone", low=0, high=1)] = 0.0
    soften: Annotated[float, integer_option("factor on the output tables at the end", low=0.1, high=1)] = 1.0
    every_row: Annotated[bool, run_option("Adam on all rows, not only on those that a mini-batch uses")] = False
    warm: Annotated[int, run_option("steps over which the learning rate rises", low=1, high=1e9)] = 200
    threads: Annotated[int, run_option("threads; the result does not depend on them", low=1, high=256), UNRECORDED] = 2
