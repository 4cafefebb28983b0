"""From what changes to picojoules: every part of an estimate between two values."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.energy import weights
from benchmarks.energy.weights import Range
from sim.activity.count import Activity
from sim.activity.mapped import Mapped

Parts = dict[str, tuple[float, float]]
"""Picojoules by part, at least and at most."""
CHIP = "flash chip"


@dataclass(frozen=True, kw_only=True)
class Chip:
    """What the parts of an FPGA's design cost that don't depend on what runs. ``net``: a change of a net, in pC."""

    mapped: Mapped
    clock_mhz: float
    net: Range

    @property
    def clocks(self) -> dict[str, float]:
        """Flip-flops, and MHz, of each global clock: that of the core, and the flash's, twice as fast, where there is one."""
        fast = sum(mask.bit_count() for mask in self.mapped.fast.values())
        return {"core": self.clock_mhz} | ({"flash": 2 * self.clock_mhz} if fast else {})

    def parts(self, activity: Activity) -> Parts:
        """What ``activity`` costs, by part; nets by block as ``nets: BLOCK``."""
        volts = weights.VOLTS
        found: Parts = {
            **scaled(always(list(self.clocks.values())), activity.clocks / self.clock_mhz),
            "flip-flops' clocks": _times(weights.CLOCKED, volts * self._clocked * activity.clocks),
            **{f"nets: {block}": _times(self.net, volts * changes) for block, changes in activity.nets.items()},
        }
        accesses = {single: 0 for single in (False, True)}
        for memory in self.mapped.memories:
            accesses[memory.single] += sum(activity.memories[memory.name])
        found |= {"block RAMs": _times(weights.EBR, accesses[False]), "SPRAMs": _times(weights.SPRAM, accesses[True])}
        found["pads"] = _times(weights.PAD, sum(activity.pins.values()))
        if "flash__cs_n" in activity.pins:
            selected, rest = activity.selected / self.clock_mhz, (activity.clocks - activity.selected) / self.clock_mhz
            scale = 1000 * weights.PAD_VOLTS  # mA to uA; with us, pJ
            found[CHIP] = _both(_times(weights.CHIP, scale * selected), _times(weights.CHIP_REST, scale * rest))
        return found

    @property
    def _clocked(self) -> int:
        """Edges of flip-flops' clocks in a clock of the core."""
        return sum(mask.bit_count() for masks in (self.mapped.registers, self.mapped.fast) for mask in masks.values())


def always(mhz: Sequence[float]) -> Parts:
    """What a design with a PLL and these clocks, in MHz, draws whatever it does, in microwatts: picojoules a microsecond."""
    volts, trees = weights.VOLTS, weights.TREE
    return {
        "device at rest": _times(weights.STILL, volts),
        "PLL": _both(_times(weights.PLL_CORE, volts), _times(weights.PLL_RAIL, volts)),
        "clock trees": (trees.low * max(mhz) * volts, trees.high * sum(mhz) * volts),
    }


def _times(one: Range, count: float) -> tuple[float, float]:
    return one.low * count, one.high * count


def _both(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] + other[0], one[1] + other[1]


def scaled(parts: Parts, by: float) -> Parts:
    """Each part so many times."""
    return {name: (low * by, high * by) for name, (low, high) in parts.items()}


def total(parts: Parts, *, chip: bool) -> tuple[float, float]:
    """All parts; ``chip``: with the flash chip."""
    chosen = [pair for name, pair in parts.items() if chip or name != CHIP]
    return sum(low for low, _ in chosen), sum(high for _, high in chosen)
