"""A netlist with delays as one Verilog module, in which every register looks at its inputs twice.

An input that changes between the two makes the flip-flop unknown, and is written into a file. The first flip-flop of a synchroniser takes
one of the two levels by chance. Delays are inertial: a pulse shorter than the delay of a wire does not come through it.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sim.compiled.build import SimulationError
from sim.netlist.delays.paths import endpoints, loose_cells
from sim.netlist.delays.timed import Timed, Watched
from sim.netlist.parts import Control, Flop, Net
from sim.netlist.verilog import Writer, levels, span

FILE = "violations.txt"
MOST = 20  # lines of it; then the simulation ends
_BITS = 32  # of a line at most
_NOTE = f"""
integer violations = 0, noted;
initial noted = $fopen("{FILE}");
task note(input integer register, input integer control, input [31:0] bits);
	begin
		$fdisplay(noted, "%0d %0d %0d %0d", register, control, $time, bits);
		$fflush(noted);
		violations = violations + 1;
		if (violations == {MOST}) $finish;
	end
endtask
"""


class Violation(NamedTuple):
    """An input of a register that changed while it looked, and the time of the edge in ps."""

    cell: str
    pin: str
    time: int


class ViolationError(SimulationError):
    """The ``first`` of so many violations, by which new data comes too ``early``, ps, or None where old data comes too late."""

    def __init__(self, first: Violation, early: int | None, count: int) -> None:
        self.first, self.early = first, early
        kind = "setup: its data comes too late" if early is None else f"hold: new data is there {early} ps before the edge"
        many = f"; {count} inputs until the simulation ends" if count > 1 else ""
        super().__init__(f"{first.cell}/{first.pin} changes while the register looks, at {first.time / 1000:.3f} ns ({kind}){many}")


class TimedWriter(Writer):
    """The module of a netlist with delays."""

    def __init__(self, timed: Timed) -> None:
        self._timed, self._loose = timed, loose_cells(timed)
        super().__init__(timed.netlist)
        self._pins: list[list[tuple[str, str]]] = []  # by the number that the file has: cell and pin of each bit

    def text(self, files: Mapping[str, str]) -> str:
        return "".join(f"{line}\n" for line in self.lines(files))

    def violations(self, folder: Path) -> list[Violation]:
        """What the simulation in ``folder`` has found, the first first."""
        found = []
        for line in (folder / FILE).read_text().splitlines():
            number, control, time, bits = map(int, line.split())
            for bit, (cell, pin) in enumerate(self._pins[number]):
                if bits >> bit & 1:
                    found.append(Violation(cell, ("CEN", "SR")[control - 1] if control else pin, time))
        return list(dict.fromkeys(found))

    @contextmanager
    def watching(self, folder: Path) -> Iterator[None]:
        """Around a simulation in ``folder``: :class:`ViolationError` if it has found some, however it ends."""
        try:
            yield
        except SimulationError:
            self._judge(folder)
            raise
        self._judge(folder)

    def _judge(self, folder: Path) -> None:
        if (folder / FILE).exists() and (found := self.violations(folder)):
            first = found[0]
            at = next(one for one in endpoints(self._timed) if (one.cell, one.pin) == (first.cell, first.pin))
            raise ViolationError(first, at.early, len(found))

    def key(self, flop: Flop) -> Hashable:
        behind = self._timed.behind[flop.name]
        return flop.control, behind.enable, behind.reset, behind.delay, flop.name in self._loose

    def register(self, name: str, control: Control, flops: Sequence[Flop]) -> Iterator[str]:
        behind, loose, width = self._timed.behind[flops[0].name], flops[0].name in self._loose, len(flops)
        self._pins.append([(flop.name, "D") for flop in flops])
        number, take = len(self._pins) - 1, f"{name} <= #{behind.delay}"
        lose = f"{take} {width}'bx;"
        edges = f"{'negedge' if control.falling else 'posedge'} {self.net(control.clock)}"
        if control.asynchronous:
            edges += f", posedge {self.net(control.reset)}"
        yield f"wire {span(width)}d{name} = {{{', '.join(self.net(flop.data) for flop in reversed(flops))}}};"
        early = [self.net(self._timed.behind[flop.name].data) for flop in reversed(flops)]
        yield f"wire {span(width)}e{name} = {{{', '.join(early)}}};"
        yield f"always @({edges})"
        ways = {
            "reset": (2, control.reset, behind.reset, "0", f"{take} {levels([flop.set for flop in flops])};"),
            "enable": (1, control.enable, behind.enable, "1", ";"),
        }
        for way in ("reset", "enable") if control.asynchronous or control.over else ("enable", "reset"):
            pin, late, end, idle, action = ways[way]
            if late == idle:
                continue
            level, other = self.net(late), self.net(end)
            if late != end and not loose:
                yield f"\tif ({level} !== {other}) begin {lose} note({number}, {pin}, {(1 << width) - 1}); end else"
            yield f"\tif ({level} === 1'b{'1' if way == 'reset' else '0'}) {action} else"
            yield f"\tif ({level} !== 1'b{idle}) {lose} else"
        if loose:
            yield f"\t{take} (d{name} & e{name}) | ((d{name} ^ e{name}) & $random);"
        else:
            yield f"\tif (d{name} !== e{name}) begin"
            yield f"\t\t{take} (d{name} & e{name}) | ((d{name} ^ e{name}) & {width}'bx);"
            yield f"\t\tnote({number}, 0, {_changed(f'd{name}', f'e{name}', width)});"
            yield f"\tend else {take} d{name};"

    def more(self) -> Iterator[str]:
        yield _NOTE
        for wait in self._timed.waits:
            yield f"buf #{wait.delay} ({self.net(wait.output)}, {self.net(wait.source)});"
        groups: dict[tuple[str, Net, bool], list[Watched]] = defaultdict(list)
        for one in self._timed.watched:
            if one.late != one.early:
                groups[one.cell, one.clock, one.falling].append(one)
        for (_, clock, falling), group in groups.items():
            for part in (group[at : at + _BITS] for at in range(0, len(group), _BITS)):
                yield from self._watch(clock, falling, part)

    def _watch(self, clock: Net, falling: bool, inputs: Sequence[Watched]) -> Iterator[str]:
        """Inputs of a memory or a pad at one clock, the lowest bit first."""
        number, width = len(self._pins), span(len(inputs))
        self._pins.append([(one.cell, one.pin) for one in inputs])
        for letter, nets in (("l", [one.late for one in inputs]), ("w", [one.early for one in inputs])):
            yield f"wire {width}{letter}{number} = {{{', '.join(map(self.net, reversed(nets)))}}};"
        edge = f"{'negedge' if falling else 'posedge'} {self.net(clock)}"
        yield f"always @({edge}) if (l{number} !== w{number}) note({number}, 0, {_changed(f'l{number}', f'w{number}', len(inputs))});"


def _changed(late: str, early: str, width: int) -> str:
    """Verilog: a 1 for each bit that is not the same."""
    return " | ".join(f"({late}[{bit}] !== {early}[{bit}]) << {bit}" for bit in range(width))
