"""A conversation of the host driver with a whole FPGA in Icarus Verilog, from power-up and a boot from the flash chip on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from boards import Board
from firmware.program import Program
from polychron.system.progress import under_way
from sim.flash import Found, Pads
from sim.machines.icarus import run_cocotb
from sim.netlist.models import PINS, cell_models
from sim.netlist.parts import Netlist
from sim.netlist.verilog import SPRAM_FILES, to_verilog

_CHIP_BYTES = 2  # of a beat, in each SPRAM

Action = Sequence[Any]
"""What the host does: ("hello",), ("feed", symbols), ("step", count), ("store", first, count), ("counters",), ("refused",): a step that is
to be refused, ("aborted", count): so many steps with an ABORT behind them, ("reset",): the state as the image left it."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """``image``: what the flash holds at the board's offset. ``preloaded``: a program whose tables on chip stand in the SPRAMs from the
    start, which are unknown otherwise. ``pads``: delays between FPGA and chip in picoseconds. ``found``: the chip before the boot."""

    image: bytes
    preloaded: Program | None = None
    pads: Pads = field(default_factory=lambda: Pads(out=4_000, back=3_000))
    found: Found = field(default_factory=Found)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """``green``, ``red``: the LEDs after the boot. ``replies``: to each action. ``resent``: requests that the driver had to send again.
    ``collisions``: words of block RAM read at the edge at which they were written; ``unknown``: writes to memories of which enable, address
    or mask was unknown. ``violations``: limits of the flash chip's data sheet that were broken. ``spram``: the tables on chip at the end, a
    level that is unknown as 0.
    """

    green: int
    red: int
    replies: list[Any]
    resent: int
    collisions: int
    unknown: int
    violations: list[str]
    spram: bytes


def converse(netlist: Netlist, board: Board, setting: Setting, actions: Sequence[Action], *, folder: Path) -> Heard:
    """Power-up, boot, and then ``actions`` one after another; the simulator works in ``folder``, which is empty.

    Raises ``SimulationError`` where the FPGA neither boots nor tells why not, or does not answer.
    """
    top, cells, image, result = (folder / name for name in ("top.v", "cells.v", "image.bin", "result.json"))
    top.write_text(to_verilog(netlist))
    cells.write_text(cell_models())
    image.write_bytes(setting.image)
    if setting.preloaded is not None:
        _write_sprams(setting.preloaded, board, folder)
    job = {
        "baud": board.uart_baud,
        "offset": board.image_offset,
        "image": str(image),
        "found": asdict(setting.found),
        "pads": asdict(setting.pads),
        "actions": list(actions),
        "result": str(result),
    }
    with under_way("simulating the netlist"):
        run_cocotb(
            [PINS, top, cells],
            module="sim.netlist.inside",
            folder=folder,
            toplevel="bench",
            env={"FPGA": json.dumps(job)},
            defines=["PRELOADED"] if setting.preloaded is not None else [],
        )
    return Heard(**json.loads(result.read_text()), spram=_read_sprams(folder))


def _write_sprams(program: Program, board: Board, folder: Path) -> None:
    """The tables on chip as hexadecimal words, a file for each SPRAM; where no table lies the memory stays unknown."""
    words: list[list[str]] = [[] for _ in SPRAM_FILES]
    beat = program.width.beat_bytes
    for piece in program.tables:
        if piece.tier == 0:
            for number, lines in enumerate(words):
                lines.append(f"@{piece.beat:x}")
                at = range(_CHIP_BYTES * number, len(piece.data), beat)
                lines += [f"{int.from_bytes(piece.data[first : first + _CHIP_BYTES], 'little'):04x}" for first in at]
    for name, lines in zip(SPRAM_FILES, words, strict=True):
        (folder / f"{name}.in").write_text("\n".join(lines))


def _read_sprams(folder: Path) -> bytes:
    chips = []
    for name in SPRAM_FILES:
        lines = (line for line in (folder / f"{name}.out").read_text().splitlines() if not line.startswith("//"))
        chips.append([int(word.replace("x", "0"), 16).to_bytes(_CHIP_BYTES, "little") for line in lines for word in line.split()])
    return b"".join(b"".join(beat) for beat in zip(*chips, strict=True))
