"""A netlist as one flat Verilog module that Icarus Verilog runs quickly, with all four levels.

Each kind of table becomes a primitive, flip-flops with the same clock, enable and reset become registers. Where an enable or a reset is
unknown, so are its flip-flops. Macros are instances of models of cells.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from sim.netlist.memories import preloading
from sim.netlist.parts import Control, Flop, Macro, Net, Netlist, Table
from sim.netlist.tables import primitive, primitive_name, reduced

_WIDTH = 32  # of a register at most: a change of one bit is told to the readers of all


def to_verilog(netlist: Netlist, files: Mapping[str, str] | None = None) -> str:
    """``netlist`` as the module ``top``. Ports and macros keep their names. ``files``: those of memories, by path, that can be loaded and
    are written at the end (:func:`sim.netlist.memories.preloading`)."""
    return "".join(f"{line}\n" for line in Writer(netlist).lines(files or {}))


class Writer:
    """The lines of the module. What has delays writes its registers in its own way."""

    def __init__(self, netlist: Netlist) -> None:
        self._netlist = netlist
        self._logic = [reduced(table) for table in (*netlist.tables, *netlist.carries)]
        self._registers = list(self._grouped(netlist.flops))
        self._names: dict[Net, str] = {net: f"1'b{net}" for net in ("0", "1", "x")}
        for name, _, flops in self._registers:
            self._names.update({flop.output: f"{name}[{bit}]" for bit, flop in enumerate(flops)})
        for name, (direction, nets) in netlist.ports.items():
            if direction != "output":
                self._names.update({net: f"\\{name} [{bit}]" for bit, net in enumerate(nets)})
        self._wires: list[str] = []

    def net(self, net: Net) -> str:
        """Its name in the module."""
        if net not in self._names:
            self._names[net] = f"n{len(self._wires)}"
            self._wires.append(self._names[net])
        return self._names[net]

    def lines(self, files: Mapping[str, str]) -> Iterator[str]:
        yield "`timescale 1ps/1ps"
        for size, init in sorted({(len(table.inputs), table.init) for table in self._logic if table.inputs}):
            yield from primitive(size, init)
        ports = [f"\t{direction} {span(len(nets))}\\{name} " for name, (direction, nets) in self._netlist.ports.items()]
        yield from ("module top (", ",\n".join(ports), ");")
        body = [
            *map(self._table, self._logic),
            *(line for register in self._registers for line in self.register(*register)),
            *self.more(),
            *(line for macro in self._netlist.macros for line in self._macro(macro)),
            *(self._output(name, nets) for name, (direction, nets) in self._netlist.ports.items() if direction == "output"),
        ]
        yield from (f"reg {span(len(flops))}{name} = {levels([flop.start for flop in flops])};" for name, _, flops in self._registers)
        yield from (f"wire {name};" for name in self._wires)
        yield from body
        yield from preloading(files)
        yield "endmodule"

    def _table(self, table: Table) -> str:
        if not table.inputs:
            return f"assign {self.net(table.output)} = 1'b{table.init};"
        return f"{primitive_name(len(table.inputs), table.init)} ({', '.join(map(self.net, (table.output, *table.inputs)))});"

    def more(self) -> Iterator[str]:
        """Further lines, behind those of the registers."""
        yield from ()

    def key(self, flop: Flop) -> Hashable:
        """What flip-flops of one register have in common."""
        return flop.control

    def register(self, name: str, control: Control, flops: Sequence[Flop]) -> Iterator[str]:
        """A register and what it does, the lowest bit first."""
        enable, reset, width = self.net(control.enable), self.net(control.reset), len(flops)
        clear = f"{name} <= {levels([flop.set for flop in flops])};"
        lose = f"{name} <= {width}'bx;"
        enabled = [] if control.enable == "1" else [(f"{enable} === 1'b0", ";"), (f"{enable} !== 1'b1", lose)]
        cleared = [] if control.reset == "0" else [(reset, clear), (f"{reset} !== 1'b0", lose)]
        edges = f"{'negedge' if control.falling else 'posedge'} {self.net(control.clock)}"
        if control.asynchronous:
            edges += f", posedge {reset}"
        yield f"wire {span(width)}d{name} = {{{', '.join(self.net(flop.data) for flop in reversed(flops))}}};"
        yield f"always @({edges})"
        for condition, action in cleared + enabled if control.asynchronous or control.over else enabled + cleared:
            yield f"\tif ({condition}) {action} else"
        yield f"\t{name} <= d{name};"

    def _macro(self, macro: Macro) -> Iterator[str]:
        parameters = ", ".join(f".{name}({_value(value)})" for name, value in macro.parameters.items())
        pins = [f"\t.{pin}({{{', '.join(map(self.net, reversed(nets)))}}})" for pin, nets in macro.pins.items()]
        yield f"{macro.kind} #({parameters}) \\{macro.name} ("
        yield ",\n".join(pins) + ");"

    def _grouped(self, flops: Sequence[Flop]) -> Iterator[tuple[str, Control, list[Flop]]]:
        """A name for each register, what controls it, and its flip-flops, the lowest bit first."""
        groups: dict[Hashable, list[Flop]] = defaultdict(list)
        for flop in flops:
            groups[self.key(flop)].append(flop)
        parts = (group[at : at + _WIDTH] for group in groups.values() for at in range(0, len(group), _WIDTH))
        for number, part in enumerate(parts):
            yield f"q{number}", part[0].control, part

    def _output(self, name: str, nets: Sequence[Net]) -> str:
        return f"assign \\{name} = {{{', '.join(map(self.net, reversed(nets)))}}};"


def span(width: int) -> str:
    """The range of so many bits."""
    return f"[{width - 1}:0] "


def levels(bits: Sequence[bool]) -> str:
    """So many bits, the lowest first in ``bits``."""
    return f"{len(bits)}'b{''.join(str(int(bit)) for bit in reversed(bits))}"


def _value(value: str) -> str:
    """A parameter: bits, or a text. Those of a memory are too many for Icarus in binary."""
    if value and set(value) <= set("01"):
        return f"{len(value)}'h{int(value, 2):x}"
    return f"{len(value)}'b{value}" if value and set(value) <= set("01xz") else f'"{value}"'
