"""The options of trainings on texts that all architectures share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from polychron.options import UNRECORDED, Options, option

from ..integer.layer import MAX_NC
from ..model.anchors import Anchors

__all__ = ["LanguageOptions"]


@dataclass(frozen=True, kw_only=True)
class LanguageOptions(Options):
    """How to train on a text. What a preset leaves out has the value given here."""

    about: Annotated[str, option("what a preset is for", parse=False), UNRECORDED] = ""
    text: Annotated[Path | None, option("any file; its last tenth is held out. Left out: Python's own help topics")] = None
    preset: Annotated[str, option("shape and schedule to begin with; every other option changes it")] = ""
    out: Annotated[Path | None, option("the network file; left out: TASK.safetensors"), UNRECORDED] = None
    minutes: Annotated[float, option("how long to train", low=0.01, high=1e6)] = 5.0
    steps: Annotated[
        int | None, option("train for so many mini-batches instead; the result is then the same on every machine", low=1, high=1e9)
    ] = None
    seed: Annotated[int, option("of everything drawn", low=0, high=1 << 63)] = 0
    resume: Annotated[Path | None, option("go on from the float network in this file: its shape, its symbols; the rate starts anew")] = None
    no_float: Annotated[bool, option("keep the integer network alone: a small file, not to be resumed")] = False
    rate: Annotated[float, option("learning rate", low=0, high=1)] = 0.01
    jitter: Annotated[float, option("chance, times U(u), that a table's nearest bit flips while training", low=0, high=1)] = 0.5
    anchors: Annotated[Anchors, option("how pairs are drawn")] = "random"
    symbols: Annotated[int, option("size of the vocabulary, the unknown symbol included", low=2, high=256)] = 64
    streams: Annotated[int, option("texts read side by side", low=1, high=1 << 16)] = 64
    window: Annotated[int, option("symbols of each stream in a step, propagated back through", low=1, high=1 << 16)] = 32
    qat: Annotated[float, option("last part of the training, with rounded tables", low=0, high=1)] = 0.8
    bits: Annotated[Literal[4, 8] | None, option("width of all tables; their units are searched for unless given")] = None
    grow: Annotated[int, option("anchor pairs a table begins with; the others come one at a time; 0: all at once", low=0, high=MAX_NC)] = 0
    grown: Annotated[float, option("part of the training by which all pairs are there", low=0, high=1)] = 0.5
    recent: Annotated[float, option("part of the streams that read the last tenth of the training text alone", low=0, high=1)] = 0.0
    soften: Annotated[float, option("factor on the output tables at the end", low=0.1, high=1)] = 1.0
    every_row: Annotated[bool, option("Adam on all rows, not only on those that a mini-batch uses")] = False
    warm: Annotated[int, option("steps in which the rate rises", low=1, high=1e9)] = 200
    threads: Annotated[int, option("threads; the result does not depend on them", low=1, high=256), UNRECORDED] = 2
