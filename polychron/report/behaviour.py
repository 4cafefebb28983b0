"""What a network does by itself: when its neurons spike, and which rows of its tables it reads. By the golden model alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log2

import numpy as np

from firmware.isa import Mode
from firmware.program import Program
from golden.integer.layer import Int16, NetworkError
from golden.integer.network import Network
from sim.compare.expected import Given, Golden
from sim.compare.summands import Summand, runs_of, summands
from sim.web.images import examples, image_format

READS = 200_000  # rows read at most, but for the fewest steps
STEPS = (32, 1000)  # the fewest and the most
SHOWN = 48  # steps of the raster


@dataclass(frozen=True, kw_only=True)
class RowUse:
    """How evenly a table's rows are read: of ``rows`` the ``used`` ones, in ``reads`` reads.

    ``evenness``: the entropy of the reads over the most that so many reads of so many rows could have, 0 (always one row) to 1.
    """

    layer: str
    group: int
    table: int
    rows: int
    reads: int
    used: int
    evenness: float


@dataclass(frozen=True, kw_only=True)
class Raster:
    """``layers``: of each write-back, by the stages that it sums, (steps, neurons) latencies; ``labels``: what each step wrote, or the
    class it chose."""

    layers: dict[str, Int16]
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """Of ``steps`` steps: the ``raster`` of the first, and every table's ``rows``. ``what`` they are, as a clause."""

    what: str
    steps: int
    raster: Raster
    rows: tuple[RowUse, ...]


@dataclass(kw_only=True)
class _Reads:
    """Of each table how often each of its rows is read."""

    counts: dict[tuple[str, int, int], Counter[int]] = field(default_factory=dict)
    sizes: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def add(self, row: Summand) -> None:
        key = (str(row.stage), row.group, row.table)
        self.sizes[key] = len(row.rows)
        self.counts.setdefault(key, Counter())[row.index] += 1

    def use(self) -> tuple[RowUse, ...]:
        return tuple(
            RowUse(
                layer=layer,
                group=group,
                table=table,
                rows=self.sizes[layer, group, table],
                reads=tally.total(),
                used=len(tally),
                evenness=evenness(list(tally.values()), rows=self.sizes[layer, group, table]),
            )
            for (layer, group, table), tally in self.counts.items()
        )


def evenness(counts: Sequence[int], *, rows: int) -> float:
    """See :class:`RowUse`; ``counts``: of the rows that are read. A table with one row, or read once, is as even as it can be."""
    reads = sum(counts)
    most = log2(min(rows, reads)) if reads else 0.0
    return 1.0 if not most else round(-sum(count / reads * log2(count / reads) for count in counts) / most, 4)


def behaviour(network: Network, program: Program) -> Behaviour | None:
    """Of a text that ``network`` writes from its start with the sampler of ``program``, or of drawn digits that it classifies; None of a
    classifier whose card names no images, and of a network that reads signals."""
    symbols = network.byte_symbols()
    golden = Golden(network, program)
    if network.kind == "signal":
        return None
    if network.kind == "deep":
        inputs = _digits(network)
        if inputs is None:
            return None
        given: list[Given] = list(inputs)
        what = f"the ten digits, each drawn in {len(given) // 10} places"
    else:
        a_step = sum(run.count * (run.n_out if run.mode == Mode.ATTEND else 1) for run in program.runs)
        given = [None] * max(STEPS[0], min(STEPS[1], READS // max(1, a_step)))
        what = f"a text of {len(given)} characters that it writes" if symbols else f"{len(given)} symbols that it draws"
    reads = _Reads()
    layers: dict[str, list[Int16]] = {}
    labels: list[str] = []
    for number, one in enumerate(given):
        for write in golden.step(one):
            for row in summands(network, program, write):
                reads.add(row)
            if number < SHOWN:
                name = " + ".join(dict.fromkeys(str(program.meta.placement.runs[run].stage) for run in runs_of(program, write)))
                layers.setdefault(name, []).append(write.made.result)
        if number < SHOWN:
            labels.append(_label(golden.symbol, symbols))
    raster = Raster(layers={name: np.stack(values) for name, values in layers.items()}, labels=tuple(labels))
    return Behaviour(what=what, steps=len(given), raster=raster, rows=reads.use())


def _label(symbol: int, symbols: tuple[int, ...] | None) -> str:
    if symbols is None:
        return str(symbol)
    byte = symbols[symbol]
    return chr(byte) if 0x20 < byte < 0x7F else "\u2423" if byte == 0x20 else "\u21b5" if byte == 0x0A else "\u00b7"


def _digits(network: Network) -> list[Int16] | None:
    """The drawn digits, each moved by up to a pixel in every direction."""
    try:
        form = image_format(network)
    except NetworkError:
        return None
    images = examples(form).reshape(-1, form.height, form.width)
    moves = [(down, right) for down in (0, 1, -1) for right in (0, 1, -1)]
    return [np.roll(image, move, axis=(0, 1)).reshape(-1) for move in moves for image in images]
