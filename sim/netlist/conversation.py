"""A conversation of the host driver with a whole FPGA in Icarus Verilog, from power-up and a boot from the flash chip on."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from boards import Board
from firmware.program import Program
from polychron.system.progress import under_way
from sim.flash import Found, Pads
from sim.machines.icarus import run_cocotb
from sim.netlist.delays.timed import Timed
from sim.netlist.delays.verilog import TimedWriter
from sim.netlist.family import family_of
from sim.netlist.memories import files_of, read_memories, write_memories
from sim.netlist.parts import Netlist
from sim.netlist.verilog import to_verilog

Action = Sequence[Any]
"""What the host does: ("hello",), ("feed", symbols), ("step", count), ("store", first, count), ("counters",), ("refused",): a step that is
to be refused, ("aborted", count): so many steps with an ABORT behind them, ("reset",): the state as the image left it, ("scrubbed",),
("learning", step): from now on, ("tables", address, count): words on chip, ("writes",): those of learning."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """``image``: what the flash holds at the board's offset. ``preloaded``: a program whose tables on chip stand in their memories from
    the start, which are as the FPGA leaves them otherwise. ``pads``: delays between FPGA and chip in picoseconds. ``found``: the chip
    before the boot. ``timed``: the netlist with delays."""

    image: bytes
    preloaded: Program | None = None
    pads: Pads = field(default_factory=lambda: Pads(out=4_000, back=3_000))
    found: Found = field(default_factory=Found)
    timed: Timed | None = None


@dataclass(frozen=True, kw_only=True)
class Heard:
    """``green``, ``red``: the LEDs after the boot. ``replies``: to each action. ``resent``: requests that the driver had to send again.
    ``collisions``: words of block RAM read at the edge at which they were written; ``unknown``: writes to memories of which enable, address
    or mask was unknown. ``violations``: limits of the flash chip's data sheet that were broken. ``tables``: the tables on chip at the
    end, a level that is unknown as 0.
    """

    green: int
    red: int
    replies: list[Any]
    resent: int
    collisions: int
    unknown: int
    violations: list[str]
    tables: bytes


def converse(netlist: Netlist, board: Board, setting: Setting, actions: Sequence[Action], *, folder: Path) -> Heard:
    """Power-up, boot, and then ``actions`` one after another; the simulator works in ``folder``, which is empty.

    Raises ``SimulationError`` where the FPGA neither boots nor tells why not, or does not answer; of it ``ViolationError`` where an input
    of a register changes while it looks.
    """
    family = family_of(board)
    memories = family.memories(netlist)
    top, cells, image, result = (folder / name for name in ("top.v", "cells.v", "image.bin", "result.json"))
    timed = TimedWriter(setting.timed) if setting.timed is not None else None
    top.write_text(timed.text(files_of(memories)) if timed else to_verilog(netlist, files_of(memories)))
    cells.write_text(family.models())
    image.write_bytes(setting.image)
    if setting.preloaded is not None:
        write_memories(memories, setting.preloaded, folder)
    job = {
        "baud": board.uart_baud,
        "offset": board.image_offset,
        "image": str(image),
        "found": asdict(setting.found),
        "pads": asdict(setting.pads),
        "actions": list(actions),
        "result": str(result),
    }
    with under_way("simulating the netlist"), timed.watching(folder) if timed else nullcontext():
        run_cocotb(
            [family.bench, top, cells],
            module="sim.netlist.inside",
            folder=folder,
            toplevel="bench",
            env={"FPGA": json.dumps(job)},
            defines=["PRELOADED"] if setting.preloaded is not None else [],
        )
    return Heard(**json.loads(result.read_text()), tables=read_memories(memories, folder))
