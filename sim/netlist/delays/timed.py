"""A netlist of an iCE40 after place and route with the delays of its pins, as wires that take time.

A logic cell's table takes its time at its inputs: what a wire takes and what leads from the pin to the output are one delay. In front of a
flip-flop what the pin's check asks for stands in place of the latter, so that the table says at the clock's edge what the pins were when
the flip-flop begins to look; a second table of the same cell, ``early``, says what they are when it ends. Where the two differ an input
has changed in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sim.netlist.delays.sdf import Delays, Pin
from sim.netlist.parts import Flop, Macro, Net, Netlist, NetlistError, Table
from sim.netlist.tables import reduced

SLOW, FAST = 1.0, 0.3
"""What delays are multiplied by in the two corners. The tools publish no fast one: it is assumed, from the figures that Project IceStorm
has collected for the UP5K (icefuzz/timings_up5k.txt), of which the least is 0.32 of the largest in a cell that data passes (LocalMux)."""
SKEW = 530
"""ps between two global buffers of a device at most (FPGA-DS-02008, table 4.21). Of the PLL's outputs the data sheet has no skew of their
own, but a phase accuracy, 12 degrees (table 4.22), which are 463 ps at 72 MHz."""
SETTLING = 200_000  # ps before the first edge of a clock
_SKEWED = "SIM_PLL40_2F_PAD"  # the PLL with two outputs
_OUTPUTS = ("PLLOUTGLOBALA", "PLLOUTGLOBALB")
_BUFFER = ("USER_SIGNAL_TO_GLOBAL_BUFFER", "GLOBAL_BUFFER_OUTPUT")
_CLOCKS = frozenset({"RCLK", "WCLK", "CLOCK", "INPUT_CLK", "OUTPUT_CLK"})
_DRIVEN = frozenset({"RDATA", "DATAOUT", "D_IN_0", "D_IN_1", "LOCK", *_OUTPUTS})
_CONSTANTS = frozenset({"0", "1", "x"})


class Corner(NamedTuple):
    """``factor``: what all delays of the SDF are multiplied by. ``skew``: ps that the second output of the PLL comes after its first, or
    before it where it is negative."""

    factor: float = 1.0
    skew: int = 0


class Wait(NamedTuple):
    """``output`` is ``source``, ``delay`` ps later."""

    source: Net
    output: Net
    delay: int


class Watched(NamedTuple):
    """An input of a register at the beginning (``late``: what it was) and at the end (``early``) of its look at it, when ``clock`` rises,
    or falls."""

    cell: str
    pin: str
    late: Net
    early: Net
    clock: Net
    falling: bool = False


class Behind(NamedTuple):
    """Of a flip-flop: its inputs at the end of its look, and the delay of its output in ps."""

    data: Net
    enable: Net
    reset: Net
    delay: int


@dataclass(frozen=True, kw_only=True)
class Timed:
    """``netlist``: the same parts with delayed inputs, and the early tables. ``behind``: by the flip-flop's name. ``watched``: inputs of
    memories and pads. ``outputs``: the clocks of the PLL, the second behind the first. ``launches``: of each output of a macro its clock,
    delayed; None for what has no clock."""

    netlist: Netlist
    waits: list[Wait] = field(default_factory=list)
    behind: dict[str, Behind] = field(default_factory=dict)
    watched: list[Watched] = field(default_factory=list)
    outputs: list[Net] = field(default_factory=list)
    launches: dict[Net, Net | None] = field(default_factory=dict)


def with_delays(netlist: Netlist, delays: Delays, corner: Corner) -> Timed:
    """``netlist`` with ``delays`` on its pins. :class:`NetlistError` where a delay is missing, or a register asks for what can't be checked
    here."""
    return _Annotator(netlist, delays, corner).timed()


class _Annotator:
    def __init__(self, netlist: Netlist, delays: Delays, corner: Corner) -> None:
        self._netlist, self._delays, self._corner = netlist, delays, corner
        self._waits: dict[Net, Wait] = {}
        self._offsets = self._skewed()
        self._made = Timed(netlist=Netlist(ports=netlist.ports))

    def timed(self) -> Timed:
        made, data = self._made, {flop.name: flop.data for flop in self._netlist.flops}
        for table in self._netlist.tables:
            pins = [f"I{number}" for number in range(4)]
            if data.get(table.name) == table.output:
                needed = reduced(table).inputs
                both = [
                    self._looked(table.name, pin, net, "CLK") if net in needed else (net, net)
                    for pin, net in zip(pins, table.inputs, strict=True)
                ]
                made.netlist.tables.append(replace(table, inputs=tuple(late for late, _ in both)))
                made.netlist.tables.append(replace(table, inputs=tuple(early for _, early in both), output=f"{table.output} early"))
            else:
                made.netlist.tables.append(self._logic(table, pins, "O"))
        for carry in self._netlist.carries:
            made.netlist.carries.append(self._logic(carry, ["I1", "I2", "CIN"], "COUT"))
        for flop in self._netlist.flops:
            self._flop(flop)
        for macro in self._netlist.macros:
            self._macro(macro)
        made.waits.extend(self._waits.values())
        return made

    def _skewed(self) -> dict[Net, int]:
        """How much later than it could be each output of the PLL is, ps."""
        skew, found = self._corner.skew, dict[Net, int]()
        for macro in self._netlist.macros:
            if macro.kind == _SKEWED:
                late = max(0, -skew), max(0, skew)
                found |= {macro.pins[pin][0]: ps for pin, ps in zip(_OUTPUTS, late, strict=True) if pin in macro.pins}
        if skew and not found:
            raise NetlistError("a skew is one between two outputs of a PLL, and the netlist has no PLL with two")
        return found

    def _ps(self, delay: float) -> int:
        return round(delay * self._corner.factor)

    def _after(self, net: Net, ps: int) -> Net:
        if net in _CONSTANTS or ps == 0:
            return net
        name = f"{net} after {ps}"
        self._waits.setdefault(name, Wait(net, name, ps))
        return name

    def _wire(self, cell: str, pin: str) -> float:
        """From the output that drives a pin, through a global buffer if there is one."""
        wire = self._delays.wires.get(Pin(cell, pin))
        if wire is None:
            return 0
        driver = wire.driver
        through = self._delays.paths.get(driver.cell, {}).get(_BUFFER, 0) if driver.pin == _BUFFER[1] else 0
        return wire.delay + (through + self._wire(driver.cell, _BUFFER[0]) if driver.pin == _BUFFER[1] else 0)

    def _looked(self, cell: str, pin: str, net: Net, clock: str) -> tuple[Net, Net]:
        """An input of a register late and early."""
        if net in _CONSTANTS:
            return net, net
        check = self._delays.checks.get(cell, {}).get((pin, clock))
        if check is None:
            raise NetlistError(f"the SDF file has no check of {cell}/{pin} against {clock}")
        wire = self._wire(cell, pin)
        if self._ps(check.hold) > self._ps(wire):
            raise NetlistError(f"the SDF file asks {cell}/{pin} to hold for {check.hold:g} ps, longer than the wire to it takes")
        return self._after(net, self._ps(wire + check.setup)), self._after(net, self._ps(wire - check.hold))

    def _clock(self, cell: str, pin: str, net: Net) -> Net:
        return self._after(net, self._ps(self._wire(cell, pin)) + self._offsets.get(net, 0))

    def _path(self, cell: str, start: str, end: str) -> float:
        try:
            return self._delays.paths[cell][start, end]
        except KeyError:
            raise NetlistError(f"the SDF file has no delay from {start} to {end} of {cell}") from None

    def _logic(self, table: Table, pins: Iterable[str], output: str) -> Table:
        needed, name = reduced(table).inputs, table.name
        inputs = tuple(
            self._after(net, self._ps(self._wire(name, pin) + self._path(name, pin, output))) if net in needed else net
            for pin, net in zip(pins, table.inputs, strict=True)
        )
        return replace(table, inputs=inputs)

    def _flop(self, flop: Flop) -> None:
        control = flop.control
        enable, enable_early = self._looked(flop.name, "CEN", control.enable, "CLK")
        if control.asynchronous:
            reset = reset_early = self._after(control.reset, self._ps(self._wire(flop.name, "SR")))
        else:
            reset, reset_early = self._looked(flop.name, "SR", control.reset, "CLK")
        clock = self._clock(flop.name, "CLK", control.clock)
        made = self._made
        made.netlist.flops.append(replace(flop, control=replace(control, clock=clock, enable=enable, reset=reset)))
        delay = self._ps(self._path(flop.name, "CLK", "O"))
        made.behind[flop.name] = Behind(f"{flop.data} early", enable_early, reset_early, delay)

    def _macro(self, macro: Macro) -> None:
        """A memory, a pad or the PLL. The pins of the FPGA itself are as the board has them."""
        made, pins = self._made, dict[str, tuple[Net, ...]]()
        clocks = {pin: self._clock(macro.name, pin, nets[0]) for pin, nets in macro.pins.items() if pin in _CLOCKS}
        for pin, nets in macro.pins.items():
            names = [pin] if len(nets) == 1 else [f"{pin}_{bit}" for bit in range(len(nets))]
            if pin in clocks:
                pins[pin] = (clocks[pin],)
            elif pin in _DRIVEN:
                pins[pin] = tuple(self._driven(macro, name, net, clocks) for name, net in zip(names, nets, strict=True))
            elif pin == "PACKAGE_PIN":
                pins[pin] = nets
            else:
                pins[pin] = tuple(self._read(macro, name, net, clocks) for name, net in zip(names, nets, strict=True))
        if "RCLK" in pins and pins["RCLK"] != pins["WCLK"]:
            raise NetlistError(f"the clocks of the memory {macro.name} come at different times, which is not known here")
        parameters = {**macro.parameters, "START": f"{SETTLING:b}"} if macro.kind.startswith("SIM_PLL40") else macro.parameters
        made.netlist.macros.append(replace(macro, pins=pins, parameters=parameters))

    def _driven(self, macro: Macro, pin: str, net: Net, clocks: dict[str, Net]) -> Net:
        """The output of the model in front of the delay."""
        paths = {start: delay for (start, end), delay in self._delays.paths.get(macro.name, {}).items() if end == pin}
        source = next((start for start in paths if start in clocks), None)
        delay = self._ps(paths[source] if source else max(paths.values(), default=0))
        raw = f"{net} driven" if delay else net
        if delay:
            self._waits[net] = Wait(raw, net, delay)
        if pin.startswith("PLLOUT"):
            self._made.outputs.append(net)
        else:
            self._made.launches[raw] = clocks[source] if source else None
        return raw

    def _read(self, macro: Macro, pin: str, net: Net, clocks: dict[str, Net]) -> Net:
        checks = self._delays.checks.get(macro.name, {})
        clock = next((clock for clock in clocks if (pin, clock) in checks), None)
        if clock is None or net in _CONSTANTS:
            return self._after(net, self._ps(self._wire(macro.name, pin)))
        late, early = self._looked(macro.name, pin, net, clock)
        self._made.watched.append(Watched(macro.name, pin, late, early, clocks[clock], checks[pin, clock].falling))
        return late
