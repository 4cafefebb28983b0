"""A netlist as one flat Verilog module that Icarus Verilog runs quickly, with all four levels.

Each kind of table becomes a primitive, flip-flops with the same clock, enable and reset one process. A table's output is known where all
the values that its unknown inputs may have lead to the same; an enable or a reset that is unknown makes its flip-flops unknown. Macros are
instances of yosys' models of cells.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

from sim.netlist.parts import Carry, Control, Flop, Macro, Net, Netlist, Table

_MAJORITY = 0b11101000
_SPRAM = "SB_SPRAM256KA"
_WIDTH = 32
_OURS = {"SB_PLL40_PAD": "SIM_PLL40_PAD", "SB_PLL40_2F_PAD": "SIM_PLL40_2F_PAD"}  # yosys has no models of these
SPRAM_FILES = tuple(f"spram_{number}" for number in range(4))
"""Where the SPRAMs' words are read from and written to, with .in and .out behind, in the order of the bytes of a beat."""


def to_verilog(netlist: Netlist, *, module: str = "top") -> str:
    """``netlist`` as the module ``module``. Macros keep their names, and so do ports; nets are ``n`` and their number.

    With the macro PRELOADED defined the SPRAMs have the contents of :data:`SPRAM_FILES` at the start; when the register ``dump`` rises
    they are written.
    """
    return "".join(f"{line}\n" for line in _Writer(netlist).lines(module))


class _Writer:
    def __init__(self, netlist: Netlist) -> None:
        self._netlist = netlist
        self._pads: dict[Net, str] = {}
        self._own: dict[str, str] = {}  # names of nets that have no number
        self._registers = list(_registers(netlist.flops))
        stored = {flop.output: f"{name}[{bit}]" for name, _, flops in self._registers for bit, flop in enumerate(flops)}
        self._pads.update(stored)
        for name, (_, nets) in netlist.ports.items():
            for bit, net in enumerate(nets):
                self._pads[net] = f"\\{name} [{bit}]" if len(nets) > 1 else f"\\{name} "

    def net(self, net: Net) -> str:
        if net in self._pads:
            return self._pads[net]
        if isinstance(net, int):
            return f"n{net}"
        if net in ("0", "1", "x"):
            return f"1'b{net}"
        return self._own.setdefault(net, f"m{len(self._own)}")

    def lines(self, module: str) -> Iterator[str]:
        netlist = self._netlist
        tables = [small for table in netlist.tables if (small := _reduced(table))]
        carries = [small for carry in netlist.carries if (small := _reduced(_as_table(carry)))]
        logic = [*tables, *carries]
        kinds = {(len(table.inputs), table.init) for table in logic if table.inputs}
        yield "`timescale 1ps/1ps"
        for size, init in sorted(kinds):
            yield from _primitive(size, init)
        yield f"module {module} ("
        yield ",\n".join(f"\t{direction} {_range(len(nets)) if len(nets) > 1 else str()}\\{name} " for name, (direction, nets) in netlist.ports.items())
        yield ");"
        body = [*map(self._table, logic), *self._processes(), *(line for macro in netlist.macros for line in self._macro(macro))]
        for name, _, flops in self._registers:
            yield f"reg {_range(len(flops))}{name} = 0;"
        for net in sorted({net for net in self._driven() if isinstance(net, int) and net not in self._pads}):
            yield f"wire n{net};"
        for name in self._own.values():
            yield f"wire {name};"
        yield from body
        yield from self._sprams()
        yield "endmodule"

    def _driven(self) -> Iterator[Net]:
        netlist = self._netlist
        for part in (*netlist.tables, *netlist.carries):
            yield from (part.output, *part.inputs)
        for flop in netlist.flops:
            control = flop.control
            yield from (flop.data, flop.output, control.clock, control.enable, control.reset)
        for macro in netlist.macros:
            for nets in macro.pins.values():
                yield from nets

    def _table(self, table: Table) -> str:
        if not table.inputs:
            return f"assign {self.net(table.output)} = 1'b{table.init};"
        pins = ", ".join(map(self.net, (table.output, *table.inputs)))
        return f"{_name(len(table.inputs), table.init)} ({pins});"

    def _processes(self) -> Iterator[str]:
        for name, control, flops in self._registers:
            yield from self._process(name, control, flops)

    def _process(self, name: str, control: Control, flops: list[Flop]) -> Iterator[str]:
        """Flip-flops as one register: Icarus then has one assignment a clock, and nothing to tell where no bit changes."""
        enable, reset, width = self.net(control.enable), self.net(control.reset), len(flops)
        take = f"{name} <= d{name};"
        clear = f"{name} <= {width}'b{''.join(str(int(flop.set)) for flop in reversed(flops))};"
        lose = f"{name} <= {width}'bx;"
        enabled = [] if control.enable == "1" else [(f"{enable} === 1'b0", ";"), (f"{enable} !== 1'b1", lose)]
        cleared = [] if control.reset == "0" else [(reset, clear), (f"{reset} !== 1'b0", lose)]
        edges = f"{'negedge' if control.falling else 'posedge'} {self.net(control.clock)}"
        if control.asynchronous:
            edges += f", posedge {reset}"
        yield f"wire {_range(width)}d{name} = {{{', '.join(self.net(flop.data) for flop in reversed(flops))}}};"
        yield f"always @({edges})"
        for condition, action in cleared + enabled if control.asynchronous else enabled + cleared:
            yield f"\tif ({condition}) {action} else"
        yield f"\t{take}"

    def _macro(self, macro: Macro) -> Iterator[str]:
        parameters = ", ".join(f".{name}({_value(value)})" for name, value in macro.parameters.items())
        yield f"{_OURS.get(macro.kind, macro.kind)} #({parameters}) \\{macro.name} ("
        pins = []
        for pin, nets in macro.pins.items():
            names = [self.net(net) if net != "" else self.net(f"{macro.name}.{pin}.{bit}") for bit, net in enumerate(nets)]
            pins.append(f"\t.{pin}({names[0] if len(names) == 1 else '{' + ', '.join(reversed(names)) + '}'})")
        yield ",\n".join(pins) + ");"


    def _sprams(self) -> Iterator[str]:
        found = {macro.name: name for macro in self._netlist.macros if macro.kind == _SPRAM for name in SPRAM_FILES if name in macro.name}
        yield "reg dump = 0;"
        yield "`ifdef PRELOADED"
        yield from (f'initial $readmemh("{file}.in", \\{name} .mem);' for name, file in found.items())
        yield "`endif"
        yield from (f'always @(posedge dump) $writememh("{file}.out", \\{name} .mem);' for name, file in found.items())


def _registers(flops: Sequence[Flop]) -> Iterator[tuple[str, Control, list[Flop]]]:
    """Flip-flops of the same control, at most ``_WIDTH`` of them in a register, with a name for each."""
    groups: dict[Control, list[Flop]] = defaultdict(list)
    for flop in flops:
        groups[flop.control].append(flop)
    parts = ((control, group[at : at + _WIDTH]) for control, group in groups.items() for at in range(0, len(group), _WIDTH))
    for number, (control, part) in enumerate(parts):
        yield f"q{number}", control, part


def _range(width: int) -> str:
    return f"[{width - 1}:0] "


def _value(value: str) -> str:
    """A parameter: bits, or a text."""
    return f"{len(value)}'b{value}" if value and set(value) <= set("01xz") else f'"{value}"'


def _as_table(carry: Carry) -> Table:
    return Table(carry.name, _MAJORITY, carry.inputs, carry.output)


def _reduced(table: Table) -> Table | None:
    """The table of the inputs it depends on: constants, doubles and inputs that make no difference are gone. None where it drives nothing."""
    if table.output == "0":
        return None
    inputs: list[Net] = sorted({net for net in table.inputs if net not in ("0", "1", "x")}, key=str)
    init = 0
    for number in range(1 << len(inputs)):
        level = {net: number >> place & 1 for place, net in enumerate(inputs)} | {"0": 0, "1": 1, "x": 0}
        at = sum(level[net] << place for place, net in enumerate(table.inputs))
        init |= (table.init >> at & 1) << number
    for place in reversed(range(len(inputs))):
        numbers = [number for number in range(1 << len(inputs)) if not number >> place & 1]
        if all((init >> number ^ init >> (number | 1 << place)) & 1 == 0 for number in numbers):
            init = sum((init >> number & 1) << index for index, number in enumerate(numbers))
            del inputs[place]
    return Table(table.name, init, tuple(inputs), table.output)


def _name(size: int, init: int) -> str:
    return f"table_{size}_{init:0{(1 << size) // 4 or 1}x}"


def _primitive(size: int, init: int) -> Iterator[str]:
    """A table as a primitive: a row for each cube, of 0, 1 and either, that lies in no larger one in which all have the same value."""
    pins = [f"i{place}" for place in range(size)]
    yield f"primitive {_name(size, init)} (o, {', '.join(pins)});"
    yield f"output o; input {', '.join(pins)};"
    yield "table"
    for level in "01":
        yield from (f"{' '.join(cube)} : {level};" for cube in _primes(size, init, level))
    yield "endtable"
    yield "endprimitive"


@cache
def _primes(size: int, init: int, level: str) -> list[str]:
    cubes = [cube for cube in map("".join, product("01?", repeat=size)) if all(init >> number & 1 == int(level) for number in _inside(cube))]
    return [cube for cube in cubes if not any(other != cube and _covers(other, cube) for other in cubes)]


def _inside(cube: str) -> list[int]:
    choices = [(0, 1) if place == "?" else (int(place),) for place in cube]
    return [sum(bit << place for place, bit in enumerate(bits)) for bits in product(*choices)]


def _covers(larger: str, smaller: str) -> bool:
    return all(a in ("?", b) for a, b in zip(larger, smaller, strict=True))
