"""When data arrives at each register, early and late, summed up along all paths of a netlist with delays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import NamedTuple

from sim.netlist.delays.timed import Timed
from sim.netlist.parts import Net
from sim.netlist.tables import reduced

Launch = Net | None
"""The clock, as it leaves the PLL, that data comes with; None: data that comes at any time, of a pad or the PLL's lock."""


class Span(NamedTuple):
    """The earliest and the latest time, ps behind the edge of a clock as it leaves the PLL."""

    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An input ``pin`` of the register ``cell``, which looks at it ``edge`` ps after an edge of ``clock``. ``arrivals``: from each clock
    the first change as the end of the look sees it, and the last as its beginning does."""

    cell: str
    pin: str
    clock: Net
    edge: int
    falling: bool
    arrivals: Mapping[Launch, Span]

    @property
    def loose(self) -> bool:
        """Data that comes at any time may be in the way of the edge: the register is the first of a synchroniser."""
        return None in self.arrivals

    @property
    def early(self) -> int | None:
        """By how much new data comes before the edge that it is launched with, ps; None where it does not."""
        slack = min((self.hold(launch) for launch in self.arrivals), default=0)
        return -slack if slack < 0 else None

    def hold(self, launch: Launch) -> int:
        """How much later the edge may come, against the one of ``launch`` that falls together with it, before new data is there, ps."""
        return self.arrivals[launch].first - self.edge


def endpoints(timed: Timed) -> Iterator[Endpoint]:
    """Those of all flip-flops, memories and pads."""
    clocks = {wait.output: (wait.source, wait.delay) for wait in timed.waits}
    times = _arrivals(timed, clocks)

    def made(cell: str, pin: str, late: Net, early: Net, clock: Net, falling: bool) -> Endpoint:
        root, edge = clocks.get(clock, (clock, 0))
        begin, end = times.get(late, {}), times.get(early, {})
        arrivals = {launch: Span(end[launch].first, begin[launch].last) for launch in begin}
        return Endpoint(cell=cell, pin=pin, clock=root, edge=edge, falling=falling, arrivals=arrivals)

    for flop in timed.netlist.flops:
        control, behind = flop.control, timed.behind[flop.name]
        pins = [("D", flop.data, behind.data), ("CEN", control.enable, behind.enable)]
        if not control.asynchronous:
            pins.append(("SR", control.reset, behind.reset))
        for pin, late, early in pins:
            yield made(flop.name, pin, late, early, control.clock, control.falling)
    for one in timed.watched:
        yield made(one.cell, one.pin, one.late, one.early, one.clock, one.falling)


class Crossing(NamedTuple):
    """A register that looks at data of the PLL's other output; ``margin``: how many ps more its clock may come later against that one
    before new data is there too early."""

    endpoint: Endpoint
    launch: Launch
    margin: int


def crossings(timed: Timed) -> list[Crossing]:
    """All of them, the least margin first."""
    found = [
        Crossing(endpoint, launch, endpoint.hold(launch))
        for endpoint in endpoints(timed)
        if not endpoint.loose
        for launch in endpoint.arrivals
        if launch != endpoint.clock
    ]
    return sorted(found, key=lambda crossing: crossing.margin)


def told(timed: Timed, skew: int) -> str:
    """A sentence about the registers between the two clocks; ``skew``: of ``timed``, ps."""
    found = crossings(timed)
    inputs = f"{len({(one.endpoint.cell, one.endpoint.pin) for one in found})} inputs look at data of the other clock"
    if len(timed.outputs) < 2 or not found:
        return inputs
    second = timed.outputs[1]
    later = min(one.margin for one in found if one.endpoint.clock == second) + skew
    earlier = min(one.margin for one in found if one.endpoint.clock != second) - skew
    return f"{inputs}; hold fails where the second clock comes {later + 1:,} ps later or {earlier + 1:,} ps earlier than the first"


def loose_cells(timed: Timed) -> set[str]:
    """The registers that data reaches at any time."""
    return {endpoint.cell for endpoint in endpoints(timed) if endpoint.loose}


def _arrivals(timed: Timed, clocks: Mapping[Net, tuple[Net, int]]) -> dict[Net, dict[Launch, Span]]:
    def launched(clock: Net | None, delay: int) -> dict[Launch, Span]:
        if clock is None:
            return {None: Span(0, 0)}
        root, edge = clocks.get(clock, (clock, 0))
        return {root: Span(edge + delay, edge + delay)}

    times = {net: launched(clock, 0) for net, clock in timed.launches.items()}
    times |= {flop.output: launched(flop.control.clock, timed.behind[flop.name].delay) for flop in timed.netlist.flops}
    parts: dict[Net, list[tuple[Net, int]]] = {wait.output: [(wait.source, wait.delay)] for wait in timed.waits}
    for table in (*timed.netlist.tables, *timed.netlist.carries):
        parts[table.output] = [(net, 0) for net in reduced(table).inputs]
    for net in TopologicalSorter({net: [source for source, _ in sources] for net, sources in parts.items()}).static_order():
        if net in parts:
            times[net] = _joined((times.get(source, {}), delay) for source, delay in parts[net])
    return times


def _joined(inputs: Iterator[tuple[dict[Launch, Span], int]]) -> dict[Launch, Span]:
    found: dict[Launch, Span] = {}
    for spans, delay in inputs:
        for launch, (first, last) in spans.items():
            known = found.get(launch, Span(first + delay, last + delay))
            found[launch] = Span(min(known.first, first + delay), max(known.last, last + delay))
    return found
