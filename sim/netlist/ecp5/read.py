"""From the netlists that the tools write as JSON to :class:`sim.netlist.parts.Netlist`: that of yosys after synthesis, and that of nextpnr
after place and route, with logic cells named TRELLIS_COMB.

A pin that nothing drives is 0, but a clock's enable and the inputs of tables in a chain of carries are 1 (nextpnr, ecp5/bitstream.cc).
"""

from sim.netlist.cell import Cell, Reader, nothing, read_cells
from sim.netlist.ecp5.logic import carries, flop, lut, select
from sim.netlist.ecp5.memory import block_ram, ram
from sim.netlist.ecp5.packed import logic_cell, pad_registers
from sim.netlist.parts import Macro, Net, Netlist, NetlistError

_HIGH = frozenset({"CE", "CEA", "CEB", "OCEA", "OCEB"})  # what is 1 where nothing drives it
_RAMW = {
    **{f"WADO{bit}": pin for bit, pin in enumerate(("D0", "B0", "C0", "A0"))},
    **{f"WDO{bit}": pin for bit, pin in enumerate(("C1", "A1", "D1", "B1"))},
}
_THROUGH = {"DCCA": {"CLKO": "CLKI"}, "TRELLIS_RAMW": _RAMW}
_PLL = ("CLKI_DIV", "CLKFB_DIV", *(f"CLK{output}_{what}" for output in ("OP", "OS", "OS2", "OS3") for what in ("DIV", "CPHASE", "FPHASE")))
_ENABLES = tuple(f"CLK{output}_ENABLE" for output in ("OP", "OS", "OS2", "OS3"))


def read_netlist(content: bytes) -> Netlist:
    """The module ``top`` of a JSON netlist. A cell that is not known here is a :class:`NetlistError`."""
    netlist = read_cells(content, readers=_READERS, same=_through, high=_HIGH)
    netlist.tables[:] = dict.fromkeys(netlist.tables)  # one that inverts a pin stands there for each such pin
    return netlist


def _through(cell: Cell) -> dict[Net, Net]:
    """Clock buffers, what hands the write port on to tables that are memory, and the two tables that make the constants of packed cells."""
    if cell.kind == "DCCA" and cell.net("CE") != "1":
        raise NetlistError(f"the clock buffer {cell.name} has an enable, which is not known here")
    if cell.kind == "TRELLIS_COMB" and cell.text("MODE", "LOGIC") == "LOGIC" and set(cell.used) == {"F"}:
        return {cell.net("F"): str(cell.init("INITVAL") & 1)}
    pins = _THROUGH.get(cell.kind, {})
    return {cell.net(output): cell.net(source) for output, source in pins.items() if cell.pins.get(output)}


def _pad(netlist: Netlist, cell: Cell) -> None:
    """A pad, with or without registers beside it."""
    names = {"I": cell.text("DATAMUX_OREG", "I"), "T": cell.text("TRIMUX_TSREG", "T"), "B": "B", "O": "O"}
    pins = {pin: cell.bits(name) for pin, name in names.items() if cell.pins.get(name)}
    netlist.macros.append(Macro(cell.name, cell.kind, {"DIR": cell.text("DIR")}, pins))


def _mclk(netlist: Netlist, cell: Cell) -> None:
    names = {"USRMCLKI": "PADDO", "USRMCLKTS": "PADDT"}
    pins = {pin: cell.bits(pin) or cell.bits(packed) for pin, packed in names.items()}
    netlist.macros.append(Macro(cell.name, cell.kind, {}, pins))


def _pll(netlist: Netlist, cell: Cell) -> None:
    """The PLL, its first output fed back."""
    fed_back = cell.text("FEEDBK_PATH") == "CLKOP" and cell.net("CLKFB") == cell.net("CLKOP")
    moved = [pin for pin in ("RST", "STDBY", "PHASESEL0", "PHASESEL1", "PHASEDIR", "PHASESTEP", "PHASELOADREG") if cell.net(pin) != "0"]
    if not fed_back or moved:
        raise NetlistError(f"the PLL {cell.name} works in a way that is not known here")
    parameters = {name: f"{cell.init(name):032b}" for name in _PLL if name in cell.parameters}
    parameters |= {name: cell.text(name) for name in _ENABLES if name in cell.parameters}
    outputs = {pin: nets for pin, nets in cell.used.items() if pin.startswith(("CLKOP", "CLKOS", "LOCK"))}
    netlist.macros.append(Macro(cell.name, cell.kind, parameters, {"CLKI": cell.bits("CLKI"), **outputs}))


_READERS: dict[str, Reader] = {
    "LUT4": lut,
    "PFUMX": select,
    "L6MUX21": select,
    "CCU2C": carries,
    "TRELLIS_FF": flop,
    "TRELLIS_COMB": logic_cell,
    "TRELLIS_DPR16X4": ram,
    "TRELLIS_RAMW": nothing,
    "DP16KD": block_ram,
    "TRELLIS_IO": _pad,
    "SIOLOGIC": pad_registers,
    "DCCA": nothing,
    "EHXPLLL": _pll,
    "USRMCLK": _mclk,
}
