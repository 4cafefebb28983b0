"""A design as look-up tables, carries, flip-flops and memories, compiled: what changes in it is what changes in an iCE40.

yosys maps the logic as it does for the iCE40; memories stay whole, and flip-flops words, so that a simulation fills and reads them by the
names that they have in the gateware. Every output of a cell is a signal.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from amaranth.lib import wiring

from hdl.flow.pipeline import UNDEFINED_COLLISIONS
from hdl.flow.placement import Blocks
from polychron.system.progress import under_way
from sim.compiled.build import component_rtlil, kept_beside, library

_CELLS = "cells.il"
_PART = 50  # statements a function
_WORDS = "t:$*dff* %d t:$mem* %d t:$scopeinfo %d t:$lut %d"
_GATES = f"techmap -map +/techmap.v -map +/ice40/arith_map.v t:$* {_WORDS}"  # twice: adders come out of products and sums
_KEPT = (("$lut", "%co1", "Y"), ("SB_CARRY", "%co1", "CO"), ("$mem_v2", "%co1", "RD_DATA"), ("$mem_v2", "%ci1", "RD_EN,WR_EN"))
_SIMULATED = """
(* techmap_celltype = "$lut" *)
module lut_of (A, Y);
	parameter WIDTH = 0;
	parameter LUT = 0;
	input [WIDTH-1:0] A;
	output Y;
	assign Y = LUT >> A;
endmodule
(* techmap_celltype = "SB_CARRY" *)
module carry_of (CO, I0, I1, CI);
	output CO;
	input I0, I1, CI;
	assign CO = (I0 & I1) | ((I0 | I1) & CI);
endmodule
"""
_SCRIPT = "\n".join(
    [
        "read_rtlil top.il",
        UNDEFINED_COLLISIONS,
        "synth_ice40 -device u -top top -run begin:map_ram",
        "ice40_wrapcarry",
        _GATES,
        "opt_clean",
        _GATES,
        "opt -fast",
        "abc -dress -lut 4",
        "ice40_wrapcarry -unwrap",
        "opt_lut -tech ice40",
        "delete t:$scopeinfo",
        "clean",
        "autoname",
        f"write_rtlil {_CELLS}",
        "splitnets",
        *(f"setattr -set keep 1 t:{kind} {way}:+[{ports}] w:* %i" for kind, way, ports in _KEPT),
        "techmap -map simulated.v t:$lut t:SB_CARRY",
        "hierarchy -top top -purge_lib",
        "write_cxxrtl -g3 -header top.cc",
    ]
)
_FLIP_FLOPS = frozenset(f"${kind}" for kind in ("dff", "dffe", "sdff", "sdffe", "sdffce", "adff", "adffe"))
_CELL = re.compile(r"^  cell (\S+) \S+\n(.*?)^  end$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^    (?:parameter|connect) (?:signed )?\\(\S+) (.*)$", re.MULTILINE)
_CONNECTED = re.compile(r"^    connect \\(\S+) (.*)$", re.MULTILINE)
_WIRE = re.compile(r"^  wire (?:width (\d+) )?.*?\\(\S+)$", re.MULTILINE)
_SIGNAL = re.compile(r"\\(\S+)(?: \[(\d+)(?::(\d+))?\])?")
_OUTPUTS = {"$lut": ("Y",), "\\SB_CARRY": ("CO",), "$mem_v2": ("RD_DATA",)}
_SHAPES = ((256, 16), (512, 8), (1024, 4), (2048, 2))  # of a block RAM, words and bits
_SPRAM = 16384, 16

Masks = dict[str, int]
"""Signals by name, and the bits of them that are meant."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """``reads``, ``writes``: of each port the signals that enable it, None where it always is. ``cells``: block RAMs, or SPRAMs if
    ``single`` (ported)."""

    name: str
    cells: int
    single: bool
    reads: tuple[Masks | None, ...]
    writes: tuple[Masks | None, ...]


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A ``compiled`` design of cells: the outputs of its ``luts``, ``carries`` and ``registers``, those of a flash's clock in ``fast`` too,
    and what ``memories`` put out in ``data``. ``inner``: outputs of tables that only the flip-flop of their own logic cell takes; ``luts``
    are the others. ``blocks``: of the design's hierarchy, by the name of a signal."""

    compiled: Path
    blocks: Blocks
    luts: Masks
    inner: Masks
    carries: Masks
    registers: Masks
    fast: Masks
    data: Masks
    memories: tuple[Memory, ...]


def build_mapped(component: wiring.Component) -> Mapped:
    """``component`` as cells of an iCE40, from the cache or made now."""
    with under_way("elaborating the gateware"):
        text = component_rtlil(component)
    made = library(text, _SCRIPT, given={"simulated.v": _SIMULATED}, beside=(_CELLS,), optimize="-O1", part=_PART)
    return _read(kept_beside(made, _CELLS).read_text(encoding="utf-8"), made, Blocks.of(text))


def _read(cells: str, made: Path, blocks: Blocks) -> Mapped:
    top = cells[cells.index("\nmodule \\top\n") :]
    widths = {name: int(width or 1) for width, name in _WIRE.findall(top)}
    found: dict[str, Masks] = {kind: {} for kind in ("luts", "inner", "carries", "registers", "fast", "data")}
    memories: list[Memory] = []
    tables: Masks = {}
    loads = _loads(top, widths)
    for kind, body in _CELL.findall(top):
        lines = dict(_LINE.findall(body))
        if kind == "$lut":
            _add(tables, _signals(lines["Y"], widths))
        elif kind == "\\SB_CARRY":
            _add(found["carries"], _signals(lines["CO"], widths))
        elif kind in _FLIP_FLOPS:
            _add(found["registers"], _signals(lines["Q"], widths))
            if lines["CLK"] != "\\clk":
                _add(found["fast"], _signals(lines["Q"], widths))
        elif kind == "$mem_v2":
            _add(found["data"], _signals(lines["RD_DATA"], widths))
            memories.append(_memory(lines, widths))
    for name, mask in tables.items():
        for bit in (1 << at for at in range(mask.bit_length()) if mask >> at & 1):
            _add(found["inner" if loads[name, bit] == ["D"] else "luts"], iter([(name, bit)]))
    return Mapped(compiled=made, blocks=blocks, memories=tuple(sorted(memories, key=lambda one: one.name)), **found)


def _loads(top: str, widths: dict[str, int]) -> dict[tuple[str, int], list[str]]:
    """Of each bit of a signal what takes it: "D" for a flip-flop's data."""
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for kind, body in _CELL.findall(top):
        for port, text in _CONNECTED.findall(body):
            if port not in _OUTPUTS.get(kind, ("Q",)):
                for bit in filter(None, _bits(text, widths)):
                    found[bit].append("D" if kind in _FLIP_FLOPS and port == "D" else "other")
    return found


def _signals(text: str, widths: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The signals of one side of a connection, each with the bits that it takes of them."""
    for name, high, low in _SIGNAL.findall(text):
        first = int(low or high or 0)
        last = int(high) if high else widths[name] - 1
        yield name, (1 << last + 1) - (1 << first)


def _add(masks: Masks, signals: Iterator[tuple[str, int]]) -> None:
    for name, mask in signals:
        masks[name] = masks.get(name, 0) | mask


def _memory(lines: dict[str, str], widths: dict[str, int]) -> Memory:
    width, depth = int(lines["WIDTH"]), int(lines["SIZE"])
    single = depth >= _SPRAM[0]
    ports, writes = int(lines["RD_PORTS"]), int(lines["WR_PORTS"])
    shapes = (_SPRAM,) if single else _SHAPES
    cells = min(-(-depth // words) * -(-width // bits) for words, bits in shapes) * ports
    return Memory(
        name=lines["MEMID"].strip('"').removeprefix("\\\\"),
        cells=cells,
        single=single,
        reads=_enables(lines["RD_EN"], ports, widths),
        writes=_enables(lines["WR_EN"], writes, widths),
    )


def _enables(text: str, ports: int, widths: dict[str, int]) -> tuple[Masks | None, ...]:
    """Of each port, lowest first. Where words are written in parts, the signals of all."""
    signals = list(_bits(text, widths))
    each = len(signals) // ports
    found: list[Masks | None] = []
    for port in range(ports):
        masks: Masks = {}
        _add(masks, iter([one for one in signals[each * port : each * (port + 1)] if one is not None]))
        found.append(masks or None)
    return tuple(found)


def _bits(text: str, widths: dict[str, int]) -> Iterator[tuple[str, int] | None]:
    """Each bit of a connection, lowest first: a signal's, or None for a constant."""
    parts = re.findall(r"\\\S+(?: \[\d+(?::\d+)?\])?|\d+'[01xz]+", text)
    for part in reversed(parts):
        if not part.startswith("\\"):
            yield from [None] * int(part.partition("'")[0])
            continue
        [(name, mask)] = _signals(part, widths)
        yield from ((name, 1 << bit) for bit in range(mask.bit_length()) if mask >> bit & 1)
