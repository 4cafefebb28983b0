"""A flat netlist of an iCE40 in four kinds of parts: look-up tables, carries, flip-flops, and macros such as memories, pads and the PLL.

A net is its number, or a constant: "0", "1" or "x".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Net = int | str


class NetlistError(ValueError):
    """A netlist that has what is not known here; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Table:
    """A look-up table: ``output`` is bit ``sum(inputs[i] << i)`` of ``init``."""

    name: str
    init: int
    inputs: tuple[Net, ...]
    output: Net


@dataclass(frozen=True, slots=True)
class Carry:
    """``output`` is what two or three of the ``inputs`` are."""

    name: str
    inputs: tuple[Net, Net, Net]
    output: Net


@dataclass(frozen=True, slots=True)
class Control:
    """What flip-flops have in common: the edge of their clock, the ``enable``, and the ``reset``, which waits for edge and enable unless it
    is ``asynchronous``."""

    clock: Net
    falling: bool = False
    enable: Net = "1"
    reset: Net = "0"
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class Flop:
    """A flip-flop, 0 at power-up; ``set``: its value in reset."""

    name: str
    control: Control
    data: Net
    output: Net
    set: bool = False


@dataclass(frozen=True, slots=True)
class Macro:
    """Any other cell, with the names of yosys' models of cells. ``parameters`` are texts, or bits, the highest first."""

    name: str
    kind: str
    parameters: Mapping[str, str]
    pins: Mapping[str, tuple[Net, ...]]


@dataclass(frozen=True, kw_only=True)
class Netlist:
    """``ports``: direction ("input", "output", "inout") and nets, the lowest first, of each pin of the FPGA."""

    ports: dict[str, tuple[str, tuple[Net, ...]]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    carries: list[Carry] = field(default_factory=list)
    flops: list[Flop] = field(default_factory=list)
    macros: list[Macro] = field(default_factory=list)
