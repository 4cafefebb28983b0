"""The map from readings to latencies as C: bounds, and a function that counts those below a reading.

A bound is rounded down to the type of the readings, which changes nothing: no number of that type lies between the two.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from .text import SIZES, array, quoted, remark

Reading = Literal["double", "float", "int"]
C_TYPES: dict[Reading, str] = {"double": "double", "float": "float", "int": "int32_t"}
LEAST, MOST = -(1 << 31), (1 << 31) - 1
RANGES = {"uint8_t": (0, 255), "int8_t": (-128, 127), "uint16_t": (0, 65535), "int16_t": (-32768, 32767), "int32_t": (LEAST, MOST)}

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Readings:
    """``edges``: the bounds of each input, rising, 255 at most; those of an input that no table reads are left out, and it is not in
    ``read``. A number above k of e bounds has the latency k * ``levels`` // e, one that is missing ``missing``. ``names`` of the inputs,
    or None. ``kind`` of the readings."""

    edges: Sequence[Numbers]
    read: frozenset[int]
    levels: int
    missing: int
    names: Sequence[str] | None
    kind: Reading

    @cached_property
    def _counts(self) -> list[int]:
        return [len(edges) if number in self.read else 0 for number, edges in enumerate(self.edges)]

    @cached_property
    def _bounds(self) -> tuple[str, list[float] | list[int]]:
        """The narrowest type that holds all bounds, and the bounds, one of them at least."""
        kept = [edges for number, edges in enumerate(self.edges) if number in self.read]
        every = np.concatenate([*kept, np.zeros(0)]) if any(map(len, kept)) else np.zeros(1)
        if self.kind == "int":
            whole = [min(MOST, max(LEAST, math.floor(bound))) for bound in every.tolist()]
            return next(kind for kind, (low, high) in RANGES.items() if low <= min(whole) and max(whole) <= high), whole
        if self.kind == "double" and not _all_floats(every):
            return "double", every.tolist()
        return "float", self._floats(every)

    def _floats(self, every: Numbers) -> list[float]:
        if np.abs(every).max() > np.finfo(np.float32).max:
            raise ValueError("--readings float: a bound is larger than a float can be; take double")
        near = every.astype(np.float32)
        with np.errstate(over="ignore"):  # below the least float, where it isn't needed
            below = np.nextafter(near, np.float32(-np.inf))
        return np.where(near > every, below, near).astype(np.float64).tolist()

    @property
    def size(self) -> int:
        """Bytes of constants."""
        kind, bounds = self._bounds
        return SIZES[kind] * len(bounds) + len(self._counts)

    @property
    def columns(self) -> int:
        """Readings of a sample."""
        return len(self.edges)

    def header(self, name: str) -> list[str]:
        """Its parts of NAME.h."""
        types = self.types(name, f"#define {name.upper()}_INPUTS {len(self.edges)}\n")
        about = remark(f"Their latencies, as polychron_classify() takes them, {self.cost}")
        return [types, f"{about}void {name}_latencies(const {name}_reading *readings, int16_t *latencies);\n"]

    def types(self, name: str, counts: str) -> str:
        """The remark about the columns, ``counts``, and the type of a reading."""
        gone = f"{name.upper()}_MISSING" if self.kind == "int" else "NAN of <math.h>"
        told = "".join(f" *   {number}{about}\n" for number in range(self.columns) if (about := self._told(number)))
        columns = f"/* Readings in the order of the columns, {gone} where one is missing."
        listed = f"{columns}\n{told} */\n" if told else f"{columns} */\n"
        missing = f"#define {gone} INT32_MIN\n" if self.kind == "int" else ""
        return f"{listed}{counts}typedef {C_TYPES[self.kind]} {name}_reading;\n{missing}"

    @property
    def cost(self) -> str:
        """The end of a remark about latencies."""
        kind, bounds = self._bounds
        beyond = "" if self.kind == "int" else " An infinite reading lies beyond all others."
        return f"by {len(bounds)} bounds of type {kind}, {self.size} bytes of constants in all.{beyond}"

    def _told(self, number: int) -> str:
        name = "" if self.names is None else f" {quoted(self.names[number])}"
        return name + ("" if number in self.read else ", which no table reads")

    @property
    def guard(self) -> str:
        """What NAME.c refuses to be compiled with."""
        if self.kind == "int":
            return ""
        return "\n" + (WIDE if self._bounds[0] == "double" else "") + FINITE

    def source(self, name: str) -> list[str]:
        """Its parts of NAME.c."""
        return self.maps(f"{name}_latencies", name, shared=True)

    def maps(self, function: str, name: str, *, shared: bool) -> list[str]:
        """Bounds, and a ``function`` from as many readings as there are inputs to latencies; of this file's own unless it is ``shared``."""
        kind, bounds = self._bounds
        literals = [str(bound) if isinstance(bound, int) else float.hex(bound) + "f" * (kind == "float") for bound in bounds]
        gone = "reading == INT32_MIN" if self.kind == "int" else "reading != reading"
        numbers = {"inputs": len(self.edges), "levels": self.levels, "missing": self.missing}
        code = FUNCTION.format(function=function, name=name, kind=kind, gone=gone, static="" if shared else "static ", **numbers)
        return [array(kind, f"{name}_bounds", literals), array("uint8_t", f"{name}_counts", self._counts), code]


def _all_floats(every: Numbers) -> bool:
    with np.errstate(over="ignore"):
        return bool((every.astype(np.float32) == every).all())


WIDE = """#include <float.h>

#if DBL_MANT_DIG < 53
#error "double has fewer than 53 bits here: write this file again with --readings float or int"
#endif
"""
FINITE = """#if defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__
#error "a reading that is missing is NaN: compile without -ffinite-math-only, a part of -ffast-math"
#endif
"""
FUNCTION = """{static}void {function}(const {name}_reading *readings, int16_t *latencies) {{
    const {kind} *bounds = {name}_bounds;
    for (uint16_t input = 0; input < {inputs}; input++) {{
        const {name}_reading reading = readings[input];
        const unsigned count = {name}_counts[input];
        unsigned below = 0, end = count; /* bounds below the reading: so many at least, and at most */
        while (below < end) {{
            const unsigned middle = (below + end) / 2;
            if (bounds[middle] < reading)
                below = middle + 1;
            else
                end = middle;
        }}
        if ({gone})
            latencies[input] = {missing};
        else
            latencies[input] = (int16_t)(count == 0 ? 0 : {levels}u * below / count);
        bounds += count;
    }}
}}
"""
