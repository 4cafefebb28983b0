"""The cells that an ECP5's place and route packs others into: logic cells, and the registers of pads."""

from sim.netlist.cell import Cell
from sim.netlist.ecp5.logic import INPUTS, chained, lut, select
from sim.netlist.ecp5.memory import ram_bit
from sim.netlist.ecp5.muxes import level
from sim.netlist.parts import Control, Flop, Netlist, NetlistError

_REGISTERS = {"INFF": ("PADDI", "FF", "I"), "IOLDO": ("TXDATA0", "OUTREG", "O"), "IOLTO": ("TSDATA0", "TSREG", "O")}


def logic_cell(netlist: Netlist, cell: Cell) -> None:
    """A table, in a chain of carries or not, and the multiplexer beside it; or a sixteenth of a memory. The inputs in a chain that nothing
    drives are 1. Of the tables that take in what is to be written nothing comes out."""
    mode = cell.text("MODE", "LOGIC")
    if mode == "CCU2":
        inputs = (*(cell.net(pin, absent="1") for pin in INPUTS), cell.net("FCI"))
        outputs = cell.net("F", absent=f"{cell.name}.F"), cell.net("FCO", absent=f"{cell.name}.FCO")
        injected = cell.text("CCU2_INJECT1", "NO") == "YES"
        chained(netlist, cell.name, cell.init("INITVAL"), injected=injected, inputs=inputs, outputs=outputs)
    elif mode == "DPRAM":
        ram_bit(netlist, cell)
    elif mode == "LOGIC":
        lut(netlist, cell)
    elif mode != "RAMW_BLOCK":
        raise NetlistError(f"the logic cell {cell.name} works as {mode}, which is not known here")
    if cell.pins.get("OFX"):
        select(netlist, cell)


def pad_registers(netlist: Netlist, cell: Cell) -> None:
    """Registers beside a pad: of what comes in, of what leaves, and of whether it is let go."""
    if cell.text("MODE") != "IREG_OREG" or cell.text("SRMODE") != "ASYNC":
        raise NetlistError(f"the registers of the pad {cell.name} work in a way that is not known here")
    for output, (source, register, side) in _REGISTERS.items():
        if not cell.pins.get(output):
            continue
        enable, reset = (cell.text(f"{pin}{side}MUX", absent) for pin, absent in (("CE", "1"), ("LSR", "0")))
        control = Control(
            clock=cell.net("CLK"),
            falling=cell.text(f"CLK{side}MUX", "CLK") == "INV",
            enable=level(netlist, cell.net("CE"), cell.text("CEMUX", "CE") if enable == "CEMUX" else enable),
            reset=level(netlist, cell.net("LSR"), cell.text("LSRMUX", "LSR") if reset == "LSRMUX" else reset),
            asynchronous=True,
        )
        value = cell.text(f"{register}.REGSET", "RESET") == "SET"
        netlist.flops.append(Flop(f"{cell.name}.{register}", control, cell.net(source), cell.net(output), set=value, start=value))
