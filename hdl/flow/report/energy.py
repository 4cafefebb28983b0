"""An estimate of what a step costs in energy, from currents that others have measured. Nothing here was measured on our own boards."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Current:
    """What the core and PLL rails of a device draw: ``volts``; ``still`` in uA, whatever the clock; ``base`` in uA a MHz, of the clock
    tree; ``cell`` in uA a MHz and logic cell, of cells that seldom toggle and of cells that often do. ``source``: who measured it."""

    volts: float
    still: float
    base: float
    cell: tuple[float, float]
    source: str


# From the table there: the core rail draws 1419 uA at 16 MHz out of the PLL and 2573 uA at 48, the PLL's own rail 139 uA; at 12 MHz,
# 228 cells of counters draw 27.8 uA more than 32, and 180 cells of a multiplier 351 uA.
CURRENTS = {
    "iCE40UP5K": Current(volts=1.219, still=981, base=36, cell=(0.012, 0.16), source="https://github.com/tinyvision-ai-inc/ice40_power")
}
NOT_COUNTED = "block RAMs, single-port RAMs, pins and the flash chip"


@dataclass(frozen=True, kw_only=True)
class Energy:
    """``mw``: power of the core and PLL rails in milliwatts, at least and at most; ``uj_per_step``: microjoules a step; ``source``, and
    what is ``not_counted`` there."""

    mw: tuple[float, float]
    uj_per_step: tuple[float, float]
    source: str
    not_counted: str = NOT_COUNTED

    def figures(self) -> dict[str, object]:
        """As report.json has them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def energy(*, device: str, logic_cells: int, clock_mhz: float, clocks_per_step: int) -> Energy | None:
    """The estimate for a design of so many cells; None for a device of whose currents no measurement is known."""
    current = CURRENTS.get(device)
    if current is None:
        return None
    least, most = (current.still + clock_mhz * (current.base + logic_cells * cell) for cell in current.cell)
    mw = (current.volts * least / 1000, current.volts * most / 1000)
    seconds = clocks_per_step / (clock_mhz * 1e6)
    step = (mw[0] * 1000 * seconds, mw[1] * 1000 * seconds)
    return Energy(mw=(round(mw[0], 2), round(mw[1], 2)), uj_per_step=(round(step[0], 4), round(step[1], 4)), source=current.source)
