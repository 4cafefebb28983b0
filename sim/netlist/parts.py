"""A flat netlist of an FPGA in four kinds of parts: look-up tables, carries, flip-flops, and macros such as memories, pads and the PLL.

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
class Control:
    """What flip-flops have in common: the edge of their clock, the ``enable``, and the ``reset``. That waits for edge and enable, for the
    edge alone if it is ``over`` the enable, and for nothing if it is ``asynchronous``."""

    clock: Net
    falling: bool = False
    enable: Net = "1"
    reset: Net = "0"
    asynchronous: bool = False
    over: bool = False


@dataclass(frozen=True, slots=True)
class Flop:
    """A flip-flop; ``set``: its value in reset, ``start``: at power-up."""

    name: str
    control: Control
    data: Net
    output: Net
    set: bool = False
    start: bool = False


@dataclass(frozen=True, slots=True)
class Macro:
    """Any other cell, with the names of its model. ``parameters`` are texts, or bits, the highest first."""

    name: str
    kind: str
    parameters: Mapping[str, str]
    pins: Mapping[str, tuple[Net, ...]]


@dataclass(frozen=True, kw_only=True)
class Netlist:
    """``ports``: direction ("input", "output", "inout") and nets, the lowest first, of each pin of the FPGA. ``carries``: tables in the
    chains that logic cells have beside their own."""

    ports: dict[str, tuple[str, tuple[Net, ...]]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    carries: list[Table] = field(default_factory=list)
    flops: list[Flop] = field(default_factory=list)
    macros: list[Macro] = field(default_factory=list)
