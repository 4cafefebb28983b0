"""An ECP5's memories: block RAM, and tables of logic cells that are memory."""

import numpy as np

from sim.netlist.cell import Cell
from sim.netlist.ecp5.muxes import level
from sim.netlist.memories import Places
from sim.netlist.parts import Macro, Net, Netlist, NetlistError

BLOCK_WORDS = 1024
BYTE = 9
_PAIR = 36  # bits of a word where one port writes and the other reads
_WIDTHS = (1, 2, 4, 9, 18)
_ADDRESS = 14
_DATA = 18
_MODES = ("NORMAL", "READBEFOREWRITE", "WRITETHROUGH")
_SLICES = 64  # of what a block holds at the start, of 16 words each, every word in 20 bits
_READ = ("D", "B", "C", "A")  # the inputs of a table that is memory, the lowest bit of the address first
_AT = {"A": 0, "B": 1, "C": 2, "D": 3}  # and their places in the table's number
_PLAIN = {"REGMODE": "NOREG", "CSDECODE": "0b000"}  # of each port


def block_ram(netlist: Netlist, cell: Cell) -> None:
    """A block RAM of which both ports have one clock, without registers behind its outputs and without reset."""
    widths = [cell.init(f"DATA_WIDTH_{port}") for port in "AB"]
    modes = [cell.text(f"WRITEMODE_{port}", "NORMAL") for port in "AB"]
    enables = {pin: _control(netlist, cell, pin) for pin in ("CEA", "CEB", "WEA", "WEB")}
    used = [port for port in "AB" if enables[f"CE{port}"] != "0"]
    if not _is_plain(netlist, cell, used) or not set(modes) <= set(_MODES):
        raise NetlistError(f"the memory {cell.name} works in a way that is not known here")
    clocks = {cell.net(f"CLK{port}") for port in used}
    if len(clocks) > 1:
        raise NetlistError(f"the memory {cell.name} has ports with different clocks, which is not known here")
    pins = {"CLK": tuple(clocks)}
    for port in "AB":
        pins[f"AD{port}"] = _bus(cell, f"AD{port}", _ADDRESS)
        pins[f"DI{port}"] = _bus(cell, f"DI{port}", _DATA)
        pins[f"DO{port}"] = _bus(cell, f"DO{port}", _DATA, output=True)
    words = {"INIT": "".join(_slice(cell, number) for number in reversed(range(_SLICES)))}
    if widths == [_PAIR, _PAIR] and (enables["WEA"], enables["WEB"]) == ("1", "0"):
        pair = {
            "CLK": pins["CLK"],
            "CEW": (enables["CEA"],),
            "CER": (enables["CEB"],),
            "BE": pins["ADA"][:4],
            "ADW": pins["ADA"][5:],
            "ADR": pins["ADB"][5:],
            "DI": pins["DIA"] + pins["DIB"],
            "DO": pins["DOA"] + pins["DOB"],
        }
        netlist.macros.append(Macro(cell.name, "SIM_PDPW16KD", words, pair))
        return
    if not set(widths) <= set(_WIDTHS):
        raise NetlistError(f"the memory {cell.name} has ports {widths[0]} and {widths[1]} bits wide, which is not known here")
    settings = {f"WIDTH_{port}": f"{width:05b}" for port, width in zip("AB", widths, strict=True)}
    settings |= {f"MODE_{port}": mode for port, mode in zip("AB", modes, strict=True)}
    netlist.macros.append(Macro(cell.name, "SIM_DP16KD", words | settings, pins | {pin: (net,) for pin, net in enables.items()}))


def _is_plain(netlist: Netlist, cell: Cell, used: list[str]) -> bool:
    texts = all(cell.text(f"{name}_{port}", value) == value for name, value in _PLAIN.items() for port in "AB")
    rising = all(cell.text(f"CLK{port}MUX", f"CLK{port}") == f"CLK{port}" for port in used)
    low = [f"{name}{port}{bit}" for port in "AB" for name, bit in (("RST", ""), ("CS", "0"), ("CS", "1"), ("CS", "2"))]
    return texts and rising and all(_control(netlist, cell, pin) == "0" for pin in low)


def _control(netlist: Netlist, cell: Cell, pin: str) -> Net:
    """A pin behind its multiplexer. One that nothing drives is 1, and inverted where nothing is said of it and it is not an enable."""
    as_it_is = cell.pins.get(pin) or pin.startswith("CE")
    return level(netlist, cell.net(pin, absent="1"), cell.text(f"{pin}MUX", pin if as_it_is else "INV"))


def _bus(cell: Cell, name: str, width: int, *, output: bool = False) -> tuple[Net, ...]:
    """The nets of pins that are numbered; inputs that nothing drives are the constants that their multiplexers say."""
    pins = [f"{name}{bit}" for bit in range(width)]
    return tuple(cell.net(pin, absent=f"{cell.name}.{pin}" if output else cell.text(f"{pin}MUX", "0")) for pin in pins)


def _slice(cell: Cell, number: int) -> str:
    bits = f"{cell.init(f'INITVAL_{number:02X}'):0320b}"
    return "".join(bits[at + 2 : at + 20] for at in range(0, 320, 20))


def ram(netlist: Netlist, cell: Cell) -> None:
    """Four tables that are memory together."""
    pins = {pin: cell.bits(pin) for pin in ("WAD", "RAD", "DI", "DO")}
    _add_ram(netlist, cell, width=4, init=f"{cell.init('INITVAL'):064b}", pins=pins)


def ram_bit(netlist: Netlist, cell: Cell) -> None:
    """One of them, packed: its contents are in the order of the table's inputs, its addresses in that of the memory."""
    init = cell.init("INITVAL")
    words = [init >> sum((word >> bit & 1) << _AT[pin] for bit, pin in enumerate(_READ)) & 1 for word in range(16)]
    pins: dict[str, tuple[Net, ...]] = {
        "WAD": tuple(cell.net(f"WAD{bit}") for bit in range(4)),
        "RAD": tuple(map(cell.net, _READ)),
        "DI": (cell.net("WD"),),
        "DO": (cell.net("F", absent=f"{cell.name}.F"),),
    }
    _add_ram(netlist, cell, width=1, init="".join(str(word) for word in reversed(words)), pins=pins)


def _add_ram(netlist: Netlist, cell: Cell, *, width: int, init: str, pins: dict[str, tuple[Net, ...]]) -> None:
    if cell.text("WCKMUX", "WCK") != "WCK":
        raise NetlistError(f"the memory {cell.name} is written at falling edges, which is not known here")
    enable = level(netlist, cell.net("WRE"), cell.text("WREMUX", "WRE"))
    parameters = {"WIDTH": f"{width:05b}", "INIT": init}
    netlist.macros.append(Macro(cell.name, "SIM_DPR16", parameters, {"WCK": cell.bits("WCK"), "WRE": (enable,), **pins}))


def bits_of_block(width: int) -> Places:
    """(words, 18): which bit each bit of a block's words is, counted through all accesses of ``width`` bits; -1 where it has no part."""
    each = BYTE if width >= BYTE else BYTE - 1
    bit = np.arange(each * 2 * BLOCK_WORDS)
    byte, inside = np.divmod(bit, each)
    found = np.full((BLOCK_WORDS, 2 * BYTE), -1, np.int64)
    found[byte // 2, BYTE * (byte % 2) + inside] = bit
    return found
