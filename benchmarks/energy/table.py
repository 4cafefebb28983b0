"""The estimates as tables in Markdown, and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.energy import weights
from benchmarks.energy.estimate import Chip, Parts, always, total
from benchmarks.energy.result import Result

_WEIGHTS = {
    "device at rest": weights.STILL,
    "PLL, core rail": weights.PLL_CORE,
    "PLL, its own rail": weights.PLL_RAIL,
    "clock tree": weights.TREE,
    "flip-flop's clock": weights.CLOCKED,
    "block RAM": weights.EBR,
    "SPRAM": weights.SPRAM,
    "pad": weights.PAD,
    "flash chip, selected": weights.CHIP,
    "flash chip, at rest": weights.CHIP_REST,
}


def lines(chip: Chip, found: Sequence[Result]) -> Iterator[str]:
    """What is printed of networks."""
    yield from _cells(chip)
    yield ""
    yield from _steps(chip, found)
    yield ""
    yield from _parts(chip, found)
    yield ""
    yield from _traffic(found)


def of_weights(one_net: weights.Range, gauges: tuple[float, float], *, mhz: Sequence[float]) -> Iterator[str]:
    """The weights, and what a design with clocks of so many ``mhz`` draws whatever it does."""
    yield "| what | low | high | unit | from |"
    yield "| --- | --- | --- | --- | --- |"
    for name, one in {**_WEIGHTS, "net": one_net}.items():
        yield f"| {name} | {one.low:.3g} | {one.high:.3g} | {one.unit} | {one.why} |"
    yield ""
    yield f"Changes of nets in a clock: {gauges[0]:.2f} of a counter, {gauges[1]:.2f} of two counters and their product."
    drawn = total(always(mhz), chip=False)
    yield f"Whatever the design does, with clocks of {' and '.join(f'{one:g}' for one in mhz)} MHz: {_range(drawn, 1e3)} mW."


def _cells(chip: Chip) -> Iterator[str]:
    mapped = chip.mapped
    sizes = {kind: sum(mask.bit_count() for mask in getattr(mapped, kind).values()) for kind in ("luts", "inner", "registers", "carries")}
    rams, single = (sum(one.cells for one in mapped.memories if one.single == kind) for kind in (False, True))
    yield (
        f"The board's cells: {sizes['luts'] + sizes['inner']} tables, {sizes['inner']} of them before a flip-flop alone; "
        f"{sizes['registers']} flip-flops, {sizes['carries']} carries, {rams} block RAMs, {single} SPRAMs."
    )


def _steps(chip: Chip, found: Sequence[Result]) -> Iterator[str]:
    """Steps while the core runs, and below the other clocks of a step by UART, and idle ones."""
    yield "| network | clocks a step | FPGA, uJ a step | FPGA, mW | with the flash chip, uJ | with it, mW |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in found:
        alone, both = (total(one.step, chip=with_chip) for with_chip in (False, True))
        power = 1e3 * one.clocks / chip.clock_mhz
        cells = (f"`{one.name}`", f"{one.clocks:,.0f}", *(_range(pair, unit) for pair in (alone, both) for unit in (1e6, power)))
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "| network | bytes a step | clocks besides | FPGA in them, uJ | FPGA in them, mW | idle FPGA, mW | idle with the flash chip, mW |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for one in found:
        rest, unit = total(one.rest, chip=False), 1e3 / chip.clock_mhz
        cells = (
            f"`{one.name}`",
            f"{one.line_bytes:,.4g}",
            f"{one.rest_clocks:,.0f}",
            _range(rest, 1e6),
            _range(rest, unit * one.rest_clocks),
            *(_range(total(one.idle, chip=with_chip), unit) for with_chip in (False, True)),
        )
        yield f"| {' | '.join(cells)} |"


def _parts(chip: Chip, found: Sequence[Result]) -> Iterator[str]:
    """Nanojoules a step by part and block, and mW of each while idle."""
    yield f"| nJ a step | {' | '.join(f'`{one.name}`' for one in found)} | idle, mW |"
    yield f"| --- | {' | '.join('---' for _ in found)} | --- |"
    names = list(dict.fromkeys(name for one in found for name in one.step))
    for name in names:
        cells = [_range(one.step.get(name, (0, 0)), 1e3) for one in found]
        idle = _range(found[0].idle.get(name, (0, 0)), 1e3 / chip.clock_mhz)
        yield f"| {name} | {' | '.join(cells)} | {idle} |"


def _traffic(found: Sequence[Result]) -> Iterator[str]:
    yield "| network | rows: formula | counted | values: formula | latencies compared | bytes: formula | counted | added by the compiler |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for one in found:
        read, asked = one.traffic, one.traffic.theory
        counts = {"rows in parts": read.parts, "rows of zeros": read.zeros, "bytes of padding": read.padding}
        more = [f"{count:,} {what}" for what, count in counts.items() if count]
        why = (", ".join(more) or "nothing: equal") if read.explained else "NOT EXPLAINED"
        cells = (asked.rows, read.rows, asked.values, asked.compared, asked.bytes, read.bytes)
        yield f"| `{one.name}` | {' | '.join(f'{cell:,.10g}' for cell in cells)} | {why} |"


def _range(pair: tuple[float, float], unit: float) -> str:
    low, high = (f"{value / unit:.3g}" for value in pair)
    return low if low == high else f"{low} to {high}"


def as_json(chip: Chip, found: Sequence[Result]) -> dict[str, Any]:
    """Picojoules by part, and the traffic."""

    def listed(parts: Parts) -> dict[str, list[float]]:
        return {name: [round(value, 3) for value in pair] for name, pair in parts.items()}

    return {
        "clock_mhz": chip.clock_mhz,
        "networks": [
            {
                "network": one.name,
                "clocks_per_step": one.clocks,
                "pj_per_step": listed(one.step),
                "line_bytes_per_step": one.line_bytes,
                "clocks_besides_per_step": one.rest_clocks,
                "pj_besides_per_step": listed(one.rest),
                "pj_per_idle_clock": listed(one.idle),
                "latencies_compared": one.equal,
                "rows": one.traffic.rows,
                "bytes": one.traffic.bytes,
                "rows_by_formula": one.traffic.theory.rows,
                "bytes_by_formula": one.traffic.theory.bytes,
            }
            for one in found
        ],
    }
