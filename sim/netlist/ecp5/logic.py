"""An ECP5's logic: look-up tables, what chooses among them, chains of carries, and flip-flops."""

from sim.netlist.cell import Cell
from sim.netlist.ecp5.muxes import level
from sim.netlist.parts import Control, Flop, Net, Netlist, NetlistError, Table

INPUTS = ("A", "B", "C", "D")
"""Of a table, the lowest bit of its number first."""

_SELECT = 0b11001010  # the second of two where the third is 1
_SELECTED = {("BLUT", "ALUT", "C0"): "Z", ("D0", "D1", "SD"): "Z", ("FXA", "FXB", "M"): "OFX", ("F", "F1", "M"): "OFX"}
_RESETS = ("LSR_OVER_CE", "ASYNC")


def lut(netlist: Netlist, cell: Cell) -> None:
    """A table, by its names before and after packing. One that makes a constant is that already."""
    init = cell.init("INITVAL" if "INITVAL" in cell.parameters else "INIT")
    output = cell.net("F", absent=cell.net("Z", absent=f"{cell.name}.F"))
    if output not in ("0", "1"):
        netlist.tables.append(Table(cell.name, init, tuple(map(cell.net, INPUTS)), output))


def select(netlist: Netlist, cell: Cell) -> None:
    """One of two tables, or of two that are chosen so, by the names before and after packing."""
    pins, output = next((pins, output) for pins, output in _SELECTED.items() if cell.pins.get(pins[0]))
    netlist.tables.append(Table(cell.name, _SELECT, tuple(map(cell.net, pins)), cell.net(output)))


def carries(netlist: Netlist, cell: Cell) -> None:
    """Two tables in a chain of carries."""
    between = f"{cell.name}.COUT0"
    carried: tuple[Net, Net, Net] = (cell.net("CIN"), between, cell.net("COUT", absent=f"{cell.name}.COUT"))
    for half in range(2):
        inputs = tuple(cell.net(f"{pin}{half}", absent="1") for pin in INPUTS)
        injected = cell.text(f"INJECT1_{half}", "YES") == "YES"
        out = cell.net(f"S{half}", absent=f"{cell.name}.S{half}")
        init, outputs = cell.init(f"INIT{half}"), (out, carried[half + 1])
        chained(netlist, cell.name, init, injected=injected, inputs=(*inputs, carried[half]), outputs=outputs)


def chained(netlist: Netlist, name: str, init: int, *, injected: bool, inputs: tuple[Net, ...], outputs: tuple[Net, Net]) -> None:
    """A table of four inputs and the carry: its sum with the carry, and the carry handed on, which is the incoming one where the table says
    so, and else what the table makes of its first two inputs alone. ``injected``: neither sum nor second choice is made."""
    total = carry = 0
    for number in range(32):
        at, carried = number & 15, number >> 4
        said, pair = init >> at & 1, init >> (at & 3) & 1
        total |= (said ^ (carried & (not injected))) << number
        carry |= (carried if said else pair & (not injected)) << number
    netlist.tables.append(Table(name, total, inputs, outputs[0]))
    netlist.carries.append(Table(name, carry, inputs, outputs[1]))


def flop(netlist: Netlist, cell: Cell) -> None:
    """A flip-flop. After place and route its data come from outside the logic cell (M) where nothing is at DI."""
    mode = cell.text("SRMODE", "LSR_OVER_CE")
    if mode not in _RESETS or cell.text("LSRMODE", "LSR") != "LSR":
        raise NetlistError(f"the flip-flop {cell.name} works in a way that is not known here")
    control = Control(
        clock=cell.net("CLK"),
        falling=cell.text("CLKMUX", "CLK") == "INV",
        enable=level(netlist, cell.net("CE"), cell.text("CEMUX", "1")),
        reset=level(netlist, cell.net("LSR"), cell.text("LSRMUX", "LSR")),
        asynchronous=mode == "ASYNC",
        over=mode == "LSR_OVER_CE",
    )
    value = cell.text("REGSET", "RESET") == "SET"
    netlist.flops.append(Flop(cell.name, control, cell.net("DI", absent=cell.net("M")), cell.net("Q"), set=value, start=value))
