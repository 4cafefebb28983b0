"""The options of trainings on texts that all architectures share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group

from polychron.command.options import UNRECORDED, Options, option

from ..integer.layer import MAX_NC
from ..model.anchors import Anchors

FILES, RUN, SHAPE, INTEGERS = (Group(name, sort_key=number) for number, name in enumerate(("Files", "Training run", "Shape", "Integers")))


@dataclass(frozen=True, kw_only=True)
class LanguageOptions(Options):
    """How to train on a text. What a preset leaves out has the value given here."""

    about: Annotated[str, option("what a preset is for", parse=False), UNRECORDED] = ""
    text: Annotated[Path | None, option("any file; its last tenth is held out. Left out: Python's own help topics", group=FILES)] = None
    preset: Annotated[str, option("shape and schedule to begin with; every other option changes it", group=FILES)] = ""
    out: Annotated[Path | None, option("the network file; left out: TASK.safetensors", group=FILES), UNRECORDED] = None
    minutes: Annotated[float, option("length of the run", low=0.01, high=1e6, group=RUN)] = 5.0
    steps: Annotated[
        int | None,
        option(
            "train for this number of mini-batches instead of minutes; the result is then the same on every machine",
            low=1,
            high=1e9,
            group=RUN,
        ),
    ] = None
    seed: Annotated[int, option("seed of every random choice", low=0, high=1 << 63, group=RUN)] = 0
    resume: Annotated[
        Path | None,
        option(
            "continue from the float network in this file, with its shape and symbols; the learning-rate schedule restarts", group=FILES
        ),
    ] = None
    no_float: Annotated[bool, option("save the integer network alone: a small file that can't be resumed", group=FILES)] = False
    rate: Annotated[float, option("learning rate", low=0, high=1, group=RUN)] = 0.01
    jitter: Annotated[float, option("chance, times U(u), that a table's nearest bit flips while training", low=0, high=1, group=RUN)] = 0.5
    anchors: Annotated[Anchors, option("how pairs are drawn", group=SHAPE)] = "random"
    symbols: Annotated[int, option("size of the vocabulary, the unknown symbol included", low=2, high=256, group=SHAPE)] = 64
    streams: Annotated[int, option("pieces of the text read in parallel", low=1, high=1 << 16, group=RUN)] = 64
    window: Annotated[int, option("symbols of each stream in a step, propagated back through", low=1, high=1 << 16, group=RUN)] = 32
    qat: Annotated[float, option("fraction of the run, at its end, that trains with rounded tables", low=0, high=1, group=INTEGERS)] = 0.8
    bits: Annotated[Literal[4, 8] | None, option("width of all tables; their units are searched for unless given", group=INTEGERS)] = None
    grow: Annotated[
        int, option("anchor pairs a table begins with; the others come one at a time; 0: all at once", low=0, high=MAX_NC, group=RUN)
    ] = 0
    grown: Annotated[float, option("fraction of the run by which all pairs are there", low=0, high=1, group=RUN)] = 0.5
    recent: Annotated[
        float, option("fraction of the streams that read the last tenth of the training text alone", low=0, high=1, group=RUN)
    ] = 0.0
    soften: Annotated[float, option("factor on the output tables at the end", low=0.1, high=1, group=INTEGERS)] = 1.0
    every_row: Annotated[bool, option("Adam on all rows, not only on those that a mini-batch uses", group=RUN)] = False
    warm: Annotated[int, option("steps over which the learning rate rises", low=1, high=1e9, group=RUN)] = 200
    threads: Annotated[int, option("threads; the result does not depend on them", low=1, high=256, group=RUN), UNRECORDED] = 2
