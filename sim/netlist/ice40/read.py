"""From the netlists that the tools write as JSON to :class:`sim.netlist.parts.Netlist`: that of yosys after synthesis, with cells named
SB_..., and that of nextpnr after place and route, with packed cells named ICESTORM_....

After packing a pin that nothing drives has no net: it is then what the FPGA makes of it, 1 for the enables of clocks and 0 for all else.
"""

import re
from itertools import product

from sim.netlist.cell import Cell, Reader, as_it_is, nothing, read_cells
from sim.netlist.parts import Control, Flop, Macro, Net, Netlist, NetlistError, Table

_HIGH = frozenset({"CEN", "RCLKE", "WCLKE", "CLOCK_ENABLE"})  # what is 1 where nothing drives it
_MAJORITY = 0b11101000
_FLOP = re.compile(r"SB_DFF(N?)(E?)(SR|SS|R|S|)")
_MEMORY = {"ICESTORM_RAM": "SB_RAM40_4K", "ICESTORM_SPRAM": "SB_SPRAM256KA"}
_PLLS = {"010": "SB_PLL40_PAD", "110": "SB_PLL40_2F_PAD"}  # by nextpnr's PLLTYPE; of these the models are ours
_SELECTS = {"00": "GENCLK", "01": "GENCLK_HALF"}
_DIVIDERS = ("DIVR", "DIVF", "DIVQ")
_WIDTHS = {
    "SB_RAM40_4K": {"RDATA": 16, "RADDR": 11, "WADDR": 11, "MASK": 16, "WDATA": 16},
    "SB_SPRAM256KA": {"ADDRESS": 14, "DATAIN": 16, "DATAOUT": 16, "MASKWREN": 4},
}
_SINGLE = {
    "SB_RAM40_4K": ("RCLK", "RCLKE", "RE", "WCLK", "WCLKE", "WE"),
    "SB_SPRAM256KA": ("WREN", "CHIPSELECT", "CLOCK", "STANDBY", "SLEEP", "POWEROFF"),
}
_OUTPUTS = {"RDATA", "DATAOUT"}


def read_netlist(content: bytes) -> Netlist:
    """The module ``top`` of a JSON netlist. A cell that is not known here is a :class:`NetlistError`."""
    netlist = read_cells(content, readers=_READERS, same=_buffered, high=_HIGH)
    for macro in netlist.macros:
        if macro.kind == "SB_RAM40_4K" and macro.pins["RCLK"] != macro.pins["WCLK"]:
            raise NetlistError(f"the memory {macro.name} is read and written with different clocks, which is not known here")
    return netlist


def _buffered(cell: Cell) -> dict[Net, Net]:
    if cell.kind != "SB_GB":
        return {}
    return {cell.net("GLOBAL_BUFFER_OUTPUT"): cell.net("USER_SIGNAL_TO_GLOBAL_BUFFER", absent=cell.name)}


def _table(netlist: Netlist, cell: Cell) -> None:
    inputs = tuple(cell.net(f"I{number}") for number in range(4))
    netlist.tables.append(Table(cell.name, cell.init("LUT_INIT"), inputs, cell.net("O")))


def _carry(netlist: Netlist, cell: Cell) -> None:
    netlist.carries.append(Table(cell.name, _MAJORITY, (cell.net("I0"), cell.net("I1"), cell.net("CI")), cell.net("CO")))


def _flop(netlist: Netlist, cell: Cell) -> None:
    match = _FLOP.fullmatch(cell.kind)
    assert match
    kind = match[3]
    control = Control(
        clock=cell.net("C"),
        falling=bool(match[1]),
        enable=cell.net("E", absent="1"),
        reset=cell.net(kind[-1], absent="0") if kind else "0",
        asynchronous=len(kind) == 1,
    )
    netlist.flops.append(Flop(cell.name, control, cell.net("D"), cell.net("Q"), set=kind in ("SS", "S")))


def _packed(netlist: Netlist, cell: Cell) -> None:
    """A logic cell: a table, the carry beside it and the flip-flop behind it, as far as they are used."""
    inputs = tuple(cell.net(f"I{number}") for number in range(4))
    output = cell.pins.get("O")
    init = cell.init("LUT_INIT")
    if cell.pins.get("COUT"):
        if not cell.flag("CARRY_ENABLE"):
            raise NetlistError(f"the logic cell {cell.name} has a carry that is not enabled")
        carried: Net = str(int(cell.flag("CIN_SET"))) if cell.flag("CIN_CONST") else cell.net("CIN")
        netlist.carries.append(Table(cell.name, _MAJORITY, (inputs[1], inputs[2], carried), cell.net("COUT")))
    if not cell.flag("DFF_ENABLE"):
        for pin in ("O", "LO"):
            if nets := cell.pins.get(pin):
                netlist.tables.append(Table(cell.name, init, inputs, nets[0]))
        return
    before: Net = cell.net("LO", absent=f"{cell.name}.LO")
    netlist.tables.append(Table(cell.name, init, inputs, before))
    if output:
        control = Control(cell.net("CLK"), cell.flag("NEG_CLK"), cell.net("CEN"), cell.net("SR"), cell.flag("ASYNC_SR"))
        netlist.flops.append(Flop(cell.name, control, before, output[0], set=cell.flag("SET_NORESET")))


def _memory(netlist: Netlist, cell: Cell) -> None:
    """A packed memory, with a pin for each bit, as the cell it was before."""
    kind = _MEMORY[cell.kind]
    pins: dict[str, tuple[Net, ...]] = {pin: (cell.net(pin),) for pin in _SINGLE[kind]}
    for bus, width in _WIDTHS[kind].items():
        pins[bus] = tuple(cell.net(f"{bus}_{bit}", absent=f"{cell.name}.{bus}_{bit}" if bus in _OUTPUTS else None) for bit in range(width))
    falling = [name for name in ("NEG_CLK_R", "NEG_CLK_W") if cell.flag(name)]
    if falling:
        raise NetlistError(f"the memory {cell.name} works at falling edges ({falling[0]}), which is not known here")
    parameters = {name: value for name, value in cell.parameters.items() if re.fullmatch(r"INIT_.|(READ|WRITE)_MODE", name)}
    netlist.macros.append(Macro(cell.name, kind, parameters, pins))


def _pll(netlist: Netlist, cell: Cell) -> None:
    """The PLL; the buffers behind its outputs, which packing leaves without a net from it, are named after it."""
    if cell.kind == "ICESTORM_PLL":
        name = cell.name.removesuffix("_PLL")
        kind = _PLLS.get(cell.parameters["PLLTYPE"][-3:], "")
        double = "2F" in kind
        outputs: dict[str, tuple[Net, ...]] = {
            f"PLLOUTGLOBAL{letter.upper() if double else ''}": (f"$gbuf_{name}_pllout_{letter}",) for letter in ("ab" if double else "a")
        }
        selects = {f"PLLOUT_SELECT_PORT{letter}": _SELECTS.get(cell.parameters[f"PLLOUT_SELECT_{letter}"][-2:], "") for letter in "AB"}
        simple = cell.parameters["FEEDBACK_PATH"] == "001"
    else:
        kind, double = cell.kind, "2F" in cell.kind
        outputs = {pin: nets for pin, nets in cell.used.items() if pin.startswith("PLLOUTGLOBAL")}
        selects = {name: value for name, value in cell.parameters.items() if name.startswith("PLLOUT_SELECT")}
        simple = cell.parameters["FEEDBACK_PATH"] == "SIMPLE"
    if kind not in _PLLS.values() or not simple or not set(selects.values()) <= set(_SELECTS.values()):
        raise NetlistError(f"the PLL {cell.name} works in a way that is not known here")
    dividers = {name: cell.parameters[name] for name in _DIVIDERS}
    parameters = {**dividers, **(selects if double else {})}
    netlist.macros.append(Macro(cell.name, f"SIM_{kind.removeprefix('SB_')}", parameters, {**outputs, "LOCK": cell.bits("LOCK")}))


_READERS: dict[str, Reader] = {
    **{f"SB_DFF{edge}{enable}{reset}": _flop for edge, enable, reset in product(("N", ""), ("E", ""), ("SR", "SS", "R", "S", ""))},
    "SB_LUT4": _table,
    "SB_CARRY": _carry,
    "SB_GB": nothing,
    "SB_IO": as_it_is,
    "SB_RAM40_4K": as_it_is,
    "SB_SPRAM256KA": as_it_is,
    "SB_PLL40_PAD": _pll,
    "SB_PLL40_2F_PAD": _pll,
    "ICESTORM_PLL": _pll,
    "ICESTORM_LC": _packed,
    "ICESTORM_RAM": _memory,
    "ICESTORM_SPRAM": _memory,
}
