"""What one placed and routed seed came to: its speed, its use of the device and its slowest path, read from nextpnr's report."""

import json
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hdl.flow.errors import BuildError, TimingError


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One part of a path: ``kind`` is nextpnr's (clk-to-q, logic, routing, setup), ``delay`` in ns, ``where`` the cell or net; it ends in
    the tile ``at`` (x, y)."""

    kind: str
    delay: float
    where: str
    at: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A clock besides the core's: the MHz it reaches and the MHz it must."""

    name: str
    fmax_mhz: float
    target_mhz: float


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """The slowest path from one clock's registers to another's, or to pins, in ns.

    nextpnr tells its delay but judges nothing. Clocks that meet here come out of one PLL and rise together, so a path has the time from a
    rising edge of one to the next of the other: ``limit``, a period of the faster; half of it where one end is a falling edge. Pins that
    a clock besides the core's drives without a register in the pad are a flash's SCK, two periods long: a quarter of that is how late it
    may be beside the pins with registers.
    """

    source: str
    target: str
    delay: float
    limit: float

    @property
    def name(self) -> str:
        return f"paths from {self.source} to {self.target}"


@dataclass(frozen=True, kw_only=True)
class Routed:
    """One seed's result.

    ``fmax_mhz`` is of the core's clock, which must reach ``target_mhz``; ``others`` are the other clocks, ``crossings`` the paths between
    clocks; ``failing`` is what is too slow, clock or crossing, as (name, MHz reached, MHz asked); ``used`` gives (used, available) of each
    kind of cell; ``path`` is the slowest path of the core's clock.
    """

    seed: int
    fmax_mhz: float
    target_mhz: float
    failing: tuple[tuple[str, float, float], ...]
    used: Mapping[str, tuple[int, int]]
    path: tuple[Hop, ...]
    others: tuple[Clock, ...] = ()
    crossings: tuple[Crossing, ...] = ()

    @classmethod
    def read(cls, report: bytes, *, seed: int, clock_mhz: float, others_mhz: Sequence[float] = ()) -> "Routed":
        """Read nextpnr's JSON report.

        nextpnr ignores a constraint on a net that it doesn't find: a design without a clock that is constrained to ``clock_mhz``, the
        core's, or to one of ``others_mhz`` raises :class:`BuildError`.
        """
        found: dict[str, Any] = json.loads(report)
        clocks = {name: (c["achieved"], c["constraint"]) for name, c in found["fmax"].items()}
        core, *rest = (
            {name: speeds for name, speeds in clocks.items() if abs(speeds[1] - mhz) < 0.005 * mhz} for mhz in (clock_mhz, *others_mhz)
        )
        for mhz, found_there in zip((clock_mhz, *others_mhz), (core, *rest), strict=True):
            if not found_there:
                listed = ", ".join(f"{name} at {asked:.2f}" for name, (_, asked) in sorted(clocks.items())) or "none"
                raise BuildError(f"no clock of the design is constrained to the board's {mhz:g} MHz; the constrained clocks are: {listed}")
        slowest = min(core, key=lambda name: core[name][0])
        crossings = _crossings_of(found["critical_paths"], {name: asked for name, (_, asked) in clocks.items()}, core=set(core))
        failing = [(name, *speeds) for name, speeds in sorted(clocks.items()) if speeds[0] < speeds[1]]
        failing += [(path.name, 1000 / path.delay, 1000 / path.limit) for path in crossings if path.delay >= path.limit]
        return cls(
            seed=seed,
            fmax_mhz=round(core[slowest][0], 2),
            target_mhz=clock_mhz,
            failing=tuple(failing),
            used={cell: (amount["used"], amount["available"]) for cell, amount in found["utilization"].items()},
            path=_path_of(found["critical_paths"], slowest),
            others=tuple(
                Clock(name=name, fmax_mhz=round(got, 2), target_mhz=round(asked, 2))
                for name, (got, asked) in sorted(clocks.items())
                if name not in core
            ),
            crossings=crossings,
        )


def _path_of(paths: Sequence[dict[str, Any]], clock: str) -> tuple[Hop, ...]:
    for path in paths:
        ends = (path["from"].split(" ")[-1], path["to"].split(" ")[-1])
        if ends == (clock, clock):
            return tuple(map(_hop, path["path"]))
    return ()


def _hop(part: dict[str, Any]) -> Hop:
    end = part["to"]
    x, y = end["loc"]
    return Hop(kind=part["type"], delay=part["delay"], where=part.get("net") or f"{end['cell']}.{end['port']}", at=(x, y))


def _crossings_of(paths: Sequence[dict[str, Any]], asked: Mapping[str, float], *, core: Collection[str]) -> tuple[Crossing, ...]:
    """The paths whose ends are two different clocks, and those to pins but of the clocks ``core``; a clock is named with its edge, as in
    "posedge clk"."""
    found = []
    for path in paths:
        ends = [path[end].split(" ", 1) for end in ("from", "to")]
        names = [end[-1] for end in ends]
        pins = names[1] == "<async>" and names[0] not in core
        if names[0] in asked and (pins or (names[0] != names[1] and names[1] in asked)):
            period = 1000 / max(asked[name] for name in names if name in asked)
            limit = period if ends[0][0] == ends[1][0] else period / 2
            delay = sum(hop["delay"] for hop in path["path"])
            found.append(Crossing(source=names[0], target="pins" if pins else names[1], delay=delay, limit=limit))
    return tuple(sorted(found, key=lambda crossing: (crossing.source, crossing.target, -crossing.delay)))


def fmax_min(seeds: Sequence[Routed]) -> float:
    return min(routed.fmax_mhz for routed in seeds)


def fmax_median(seeds: Sequence[Routed]) -> float:
    return round(statistics.median(routed.fmax_mhz for routed in seeds), 2)


def choose(seeds: Sequence[Routed]) -> Routed:
    """The fastest seed that meets timing on every clock, the lowest seed of equals; none raises :class:`TimingError`."""
    ranked = sorted(seeds, key=lambda routed: (-routed.fmax_mhz, routed.seed))
    for routed in ranked:
        if not routed.failing:
            return routed
    best = ranked[0]
    name, got, asked = min(best.failing, key=lambda clock: clock[1] / clock[2])
    short = 1000 / got - 1000 / asked
    tried = "the only seed" if len(seeds) == 1 else f"the best of {len(seeds)} seeds"
    raise TimingError(
        f"timing is missed: {tried} ({best.seed}) reaches {got:.2f} MHz on {name}, {asked - got:.2f} MHz ({short:.2f} ns) "
        f"short of {asked:.2f} MHz; try more seeds with --seeds, nothing was written"
    )
