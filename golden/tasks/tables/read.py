"""Samples of a file or a folder, as what a network trains on: numbers, answers, groups."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..fitting.outputs.base import Answers
from ..fitting.recipe import MAX_INPUTS
from ..inputs import X
from ..readers.content import named
from ..readers.registry import read_table
from ..readers.sizes import Size
from ..readers.table import Wanted
from .columns import Columns
from .signals import Signals
from .target import Target


@dataclass(frozen=True, kw_only=True)
class Samples:
    """``x`` (samples, inputs) numbers, or signals, NaN where one is missing; ``answers`` as the target has read them; ``groups`` (samples,)
    or None.

    ``names`` of the columns; ``targets``: the names of the columns of the answers; ``files`` that were read, and their ``sha256``.
    ``size``: height and width, where the samples are images; ``heard``: by which front end, where they are sounds; the last ``held_out``
    samples are those that the source itself keeps for a test.
    """

    x: X
    answers: Answers
    names: tuple[str, ...]
    targets: tuple[str, ...]
    groups: Answers | None
    sha256: str
    files: tuple[Path, ...]
    size: Size | None
    heard: str | None
    held_out: int


def some(samples: Samples, numbers: npt.NDArray[np.integer]) -> Samples:
    """Those of these ``numbers``."""
    groups = None if samples.groups is None else samples.groups[numbers]
    return replace(samples, x=samples.x[numbers], answers=samples.answers[numbers], groups=groups)


def read_samples(
    path: Path,
    read: Target,
    *,
    target: str | tuple[str, ...] | None,
    group: str | None,
    size: Size | None = None,
    signals: Signals | None = None,
    scored: bool = False,
) -> Samples:
    """The samples of a file or a folder. ``target``: the columns of what is to be learnt, as ``read`` takes them; if it is left out, the
    last one, or what the file tells apart where none is needed; ``group``: one that is no input, whose values say which samples belong
    together; ``size``: of images; ``signals``: how the samples are signals, if they are. ``scored``: they are scored by a network that
    was trained on others and has these names; they may lack the groups, and the columns of what isn't needed. Whatever is wrong is a
    ``NetworkError`` that names the file, and the column.
    """
    table = read_table(path, Wanted(size=size, numbers=read.numbers, answers=not read.kept))
    with named(path):
        if size is not None and table.size is None and not scored:
            raise NetworkError("--size is for images, and these are none")
        if table.series is not None:
            if signals is None:
                raise NetworkError("recordings are signals, which train stream reads")
            group, signals = group or table.group, replace(signals, series=signals.series or table.series)
        columns = Columns.of(table)
        others = {"group": group} if signals is None else {"group": group, "series": signals.series, "time": signals.time}
        found = _samples(columns, read, target=target, others=others, scored=scored)
        if signals is not None:
            found = signals.gather(columns, found)
        if len(found["x"]) < (2 if signals is None else signals.fewest):
            raise NetworkError(f"there must be two {'samples' if signals is None else 'signals'} or more, not {len(found['x'])}")
    files, size, heard = table.files, table.size, table.heard
    return Samples(**found, sha256=table.sha256, files=files, size=size, heard=heard, held_out=table.held_out)


def _samples(
    table: Columns, read: Target, *, target: str | tuple[str, ...] | None, others: dict[str, str | None], scored: bool
) -> dict[str, Any]:
    """``others``: columns that are no inputs, by the options that name them."""
    if scored:
        others = {option: name for option, name in others.items() if option == "series" or name in table.names}
    named = {option: name for option, name in others.items() if name is not None}
    targets = table.last(needed=read.needed) if target is None else read.columns(target, table.names) if isinstance(target, str) else target
    if scored and not read.needed and not set(targets) <= set(table.names):
        targets = ()
    options = [(f"--{option}: ", (name,)) for option, name in named.items()]
    for option, names in (("--target: ", targets or ("",) * read.needed), *options):
        for name in names:
            if name not in table.names:
                begin = "" if scored else option  # the card names it, not the user
                shown = printable(", ".join(table.names), limit=300)
                raise NetworkError(f"{begin}there is no column {printable(name)!r}; the columns are: {shown}")
    if len(set(targets)) < len(targets):
        raise NetworkError("--target must name each column once")
    for option, other in named.items():
        if other in targets:
            raise NetworkError(f"--{option} must name another column than that of the {read.what}, {printable(other)!r}")
    left_out = {*named.values(), *(() if read.kept else targets)}
    inputs = tuple(name for name in table.names if name not in left_out)
    if not 1 <= len(inputs) <= MAX_INPUTS or table.samples < (1 if read.kept else 2):
        needed = "inputs, and a sample or more" if read.kept else f"inputs beside its {read.what}, and two samples or more"
        raise NetworkError(f"a table must have 1..{MAX_INPUTS} {needed}, not {len(inputs)} inputs and {table.samples} samples")
    x = np.empty((table.samples, len(inputs)))
    for number, name in enumerate(inputs):
        x[:, number] = table.numbers(name, otherwise="leave it out by --time" if read.kept else "leave it out")
    groups = table.groups(named["group"]) if "group" in named else None
    return {"x": x, "answers": read.read(table, targets), "names": inputs, "targets": targets, "groups": groups}
