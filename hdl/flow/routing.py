"""What one placed and routed seed came to: its speed, its use of the device and its slowest path, read from nextpnr's report."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hdl.flow.errors import BuildError, TimingError

__all__ = ["Hop", "Routed", "choose", "fmax_median", "fmax_min"]


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One part of a path: ``kind`` is nextpnr's (clk-to-q, logic, routing, setup), ``delay`` in ns, ``where`` the cell or net."""

    kind: str
    delay: float
    where: str


@dataclass(frozen=True, kw_only=True)
class Routed:
    """One seed's result.

    ``fmax_mhz`` is of the core's clock, which must reach ``target_mhz``; ``failing`` are the clocks that are too slow, as (name, MHz
    reached, MHz asked); ``used`` gives (used, available) of each kind of cell; ``path`` is the slowest path of the core's clock.
    """

    seed: int
    fmax_mhz: float
    target_mhz: float
    failing: tuple[tuple[str, float, float], ...]
    used: Mapping[str, tuple[int, int]]
    path: tuple[Hop, ...]

    @classmethod
    def read(cls, report: bytes, *, seed: int, clock_mhz: float) -> "Routed":
        """Read nextpnr's JSON report. A design none of whose clocks is constrained to ``clock_mhz`` raises :class:`BuildError`."""
        found: dict[str, Any] = json.loads(report)
        clocks = {name: (c["achieved"], c["constraint"]) for name, c in found["fmax"].items()}
        core = {name: speeds for name, speeds in clocks.items() if abs(speeds[1] - clock_mhz) < 0.005 * clock_mhz}
        if not core:
            listed = ", ".join(f"{name} at {asked:.2f}" for name, (_, asked) in sorted(clocks.items())) or "none"
            raise BuildError(
                f"no clock of the design is constrained to the board's {clock_mhz:g} MHz; the constrained clocks are: {listed}"
            )
        slowest = min(core, key=lambda name: core[name][0])
        return cls(
            seed=seed,
            fmax_mhz=round(core[slowest][0], 2),
            target_mhz=clock_mhz,
            failing=tuple((name, *speeds) for name, speeds in sorted(clocks.items()) if speeds[0] < speeds[1]),
            used={cell: (amount["used"], amount["available"]) for cell, amount in found["utilization"].items()},
            path=_path_of(found["critical_paths"], slowest),
        )


def _path_of(paths: Sequence[dict[str, Any]], clock: str) -> tuple[Hop, ...]:
    for path in paths:
        ends = (path["from"].split(" ")[-1], path["to"].split(" ")[-1])
        if ends == (clock, clock):
            return tuple(
                Hop(kind=hop["type"], delay=hop["delay"], where=hop.get("net") or f"{hop['to']['cell']}.{hop['to']['port']}")
                for hop in path["path"]
            )
    return ()


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
