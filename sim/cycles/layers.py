"""Where a step's clocks go: each layer's, beside what the memories, the comparators and the index cache need for it."""

from dataclasses import dataclass, replace

from boards import Board
from firmware.estimate import estimate
from firmware.isa import Mode
from firmware.program import Program
from sim.cycles.prediction import Prediction
from sim.cycles.timing import side_clocks

COMPARATORS, CACHE, SORTER, END = "comparators", "index cache", "sorter", "symbol"


@dataclass(frozen=True, kw_only=True)
class LayerClocks:
    """A layer (a stage of the program) in a step of the steady state.

    ``clocks``: from the retired run before each of its runs to its own, so that all layers add up to the step; the last of them,
    ``symbol``, is the rest of the step, in which the sorter chooses. ``needs``: the clocks for which each tier (by its name; padding and
    flash addresses included), the ``comparators`` (a word of anchors each clock) and the ``index cache`` are in use for it, at their full
    speed. ``rows``, ``bytes``: read from the tables, padding included. ``token``: it begins only when the symbol is known.
    """

    layer: str
    clocks: int
    needs: dict[str, int]
    rows: int
    bytes: int
    token: bool = False

    @property
    def least(self) -> int:
        """The most that anything in ``needs`` needs."""
        return max(self.needs.values(), default=0)

    @property
    def waits(self) -> int:
        """Clocks beyond these: of filling and draining the pipeline, or of waiting for the sorter."""
        return max(0, self.clocks - self.least)

    @property
    def held_by(self) -> str:
        """What holds it back: the sorter where most of its clocks are spent waiting for the symbol, else what needs the most clocks."""
        if not self.needs or (self.token and self.waits > self.least):
            return SORTER
        return max(self.needs, key=lambda name: self.needs[name])


def layer_clocks(program: Program, board: Board, prediction: Prediction) -> tuple[LayerClocks, ...]:
    """The layers of ``program`` in the order in which they are written back; ``prediction`` is what the cycle model says of it."""
    figures = iter(estimate(program, board).runs)
    modes = side_clocks(program.width)
    steady, found, before = prediction.steady, dict[str, LayerClocks](), 0
    for run, origin, retired in zip(program.runs, program.meta.placement.runs, steady.retired, strict=True):
        name = str(origin.stage)
        layer = found.setdefault(name, LayerClocks(layer=name, clocks=0, needs={}, rows=0, bytes=0, token=run.token))
        rows, passes = 0, 1
        if run.mode in (Mode.ROWS, Mode.ATTEND):
            one = next(figures)
            rows, passes = one.rows, max(1, one.reach)
            _add(layer.needs, board.tiers[one.tier].name, one.clocks)
        _add(layer.needs, COMPARATORS, run.anchor_len)
        if run.mode in modes:
            times = modes[Mode(run.mode)]
            _add(layer.needs, CACHE, passes * -(-run.count // times.tables) * times.group)
        size = rows * run.row_beats * program.width.beat_bytes
        found[name] = replace(
            layer, clocks=layer.clocks + retired - before, rows=layer.rows + rows, bytes=layer.bytes + size, token=layer.token or run.token
        )
        before = retired
    layers = list(found.values())
    if before < steady.clocks:
        layers.append(LayerClocks(layer=END, clocks=steady.clocks - before, needs={}, rows=0, bytes=0))
    return tuple(layers)


def _add(needs: dict[str, int], name: str, clocks: int) -> None:
    if clocks:
        needs[name] = needs.get(name, 0) + clocks
