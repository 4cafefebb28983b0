"""Signals in a table: of rows that follow one another, or of one row each."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..fitting.outputs.base import Answers
from ..fitting.quantiles import Numbers
from ..inputs import listed
from .columns import Columns


@dataclass(frozen=True, kw_only=True)
class Signals:
    """How samples are signals. ``series``: the column that says which signal a row is a step of, or None where each row is a signal.
    ``time``: a column that is no input, or None."""

    fewest: ClassVar[int] = 2

    series: str | None
    time: str | None = None

    def gather(self, table: Columns, found: dict[str, Any]) -> dict[str, Any]:
        """The fields of ``Samples``, whose rows are those of ``table``, as those of signals."""
        if self.series is None:
            shape = table.table.size or table.table.shape
            if shape is not None and (found["targets"] != table.last(needed=True) or found["groups"] is not None):
                raise NetworkError("--target and --group can't be a part of X where each row is a signal")
            return found | _of_rows(found["x"], shape or found["x"].shape[1:])
        if table.table.size is not None:
            raise NetworkError("--series is for tables whose rows are steps; here each image is a signal")
        return self._of_series(table, found, self.series)

    def _of_series(self, table: Columns, found: dict[str, Any], series: str) -> dict[str, Any]:
        names = table.groups(series, what="series")
        _, first, place = np.unique(names, return_index=True, return_inverse=True)
        parts = np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1])
        rows = [parts[number] for number in np.argsort(first)]  # as they begin
        starts = [some[0] for some in rows]
        changed = {"x": listed([found["x"][some] for some in rows]), "answers": found["answers"][starts]}
        if found["targets"]:
            _check(found["answers"], rows, names, f"column {printable(found['targets'][0])!r}", "label")
        if (groups := found["groups"]) is not None:
            _check(groups, rows, names, "--group", "group")
            changed["groups"] = groups[starts]
        return found | changed


@dataclass(frozen=True, kw_only=True)
class Continued(Signals):
    """Signals that go on. Where there is no ``series``, all rows are one signal, unless an array has several."""

    fewest: ClassVar[int] = 1

    def gather(self, table: Columns, found: dict[str, Any]) -> dict[str, Any]:
        shape = table.table.shape or ()
        if table.table.size is not None:
            raise NetworkError("signals must be numbers in a table or an array, and these are images")
        if self.series is not None:
            if len(shape) > 1:
                raise NetworkError("--series is for tables whose rows are steps; X has an axis of signals")
            return self._of_series(table, found, self.series)
        if found["groups"] is not None:
            raise NetworkError("--group is for several signals: name the column that tells them apart with --series")
        if len(shape) > 1:
            if self.time is not None:
                raise NetworkError("--time is for tables whose rows are steps; X has an axis of signals")
            found |= _of_rows(found["x"], shape)
            if unknown := [name for name in found["targets"] if name not in found["names"]]:
                shown = printable(", ".join(found["names"]), limit=300)
                raise NetworkError(f"--target: there is no channel {printable(unknown[0])!r}; the channels are: {shown}")
            return found
        return found | {"x": listed([found["x"]]), "answers": found["answers"][:1]}


def _check(values: Answers, rows: list[Any], names: Answers, where: str, what: str) -> None:
    for some in rows:
        if (values[some] != values[some[0]]).any():
            raise NetworkError(f"{where}: the signal {printable(names[some[0]], limit=60)!r} must have one {what}, and has several")


def _of_rows(x: Numbers, shape: tuple[int, ...]) -> dict[str, Any]:
    """Each row is a signal of ``shape``: (steps, channels), or (steps,) of one channel. Steps at its end of which nothing is there are no
    part of it."""
    if len(shape) > 2:
        raise NetworkError(f"X must be (signals, steps, channels) or (signals, steps), and has {1 + len(shape)} dimensions")
    steps, channels = (*shape, 1)[:2]
    signals = x.reshape(len(x), steps, channels)
    there = ~np.isnan(signals).all(axis=2)
    lengths = np.maximum(1, (there * np.arange(1, steps + 1)).max(axis=1))
    found = listed([signal[:length] for signal, length in zip(signals, lengths, strict=True)])
    return {"x": found, "names": tuple(f"X{number}" for number in range(channels))}
