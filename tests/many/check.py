"""One network on the compiled gateware, beside the golden model and the cycle model."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from firmware import isa
from firmware.program import Placed, Program
from hdl.board.parts import core_params
from sim.compare.compare import Comparison
from sim.compare.expected import Golden, Write
from sim.compare.summands import summands
from sim.compiled.build import SimulationError
from sim.cycles import StepCounts, predict
from sim.flash import Found, Pads
from sim.machines.core import CoreSimulation
from sim.machines.machine import FlashSetup
from sim.machines.sdram import SdramSetup
from sim.sdram import SdramPads
from sim.step_counts import step_counts

from .draw import REST, Drawn, Given

CHIPS = (0xEF4018, 0xEF7018)  # identifications of the flash


class Different(Exception):
    """Gateware, golden model and cycle model don't agree; the message is one line that says where."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """``latencies``: of all write-backs, equal to the golden model's; ``steps``: each as the cycle model counts it."""

    latencies: int
    steps: tuple[StepCounts, ...]


def check(drawn: Drawn, *, loaded: Program | None = None) -> Checked:
    """Runs all steps; raises :class:`Different` at the first latency, symbol or count of a step that is another than the models say.

    ``loaded``: what the core is given, left out the network's program.
    """
    try:
        core = _simulation(drawn, loaded or drawn.program)
        try:
            return _Run(drawn, core).all()
        finally:
            core.close()
    except SimulationError as error:
        raise Different(f"{drawn}: {error}") from error


def _simulation(drawn: Drawn, program: Program) -> CoreSimulation:
    board, (out, skew, back) = drawn.build.board, drawn.pads
    return CoreSimulation(
        program,
        params=core_params(board),
        board=board,
        flash=FlashSetup(pads=Pads(out=out, back=back), found=Found(seed=drawn.chip, jedec=CHIPS[drawn.chip % 2])),
        sdram=SdramSetup(pads=SdramPads(out=out, out_clk=out + skew, back=back), seed=drawn.chip),
    )


class _Run:
    def __init__(self, drawn: Drawn, core: CoreSimulation) -> None:
        self.drawn, self.core = drawn, core
        self.golden = Golden(drawn.network, drawn.program)
        self.comparison = Comparison(self.golden, latencies=core.latencies, tables=core.tables)
        self.given: Iterator[Given] = iter(drawn.steps)
        self.phase: int | None = None  # of the flash's controller, when the first request is taken

    def all(self) -> Checked:
        found: list[StepCounts] = []
        self.core.sim.clock(self.drawn.wait)
        for steps in [[step] for step in self.drawn.steps] if self.drawn.rested else [self.drawn.steps]:
            if found:
                self.core.sim.clock(REST)
            self._write(steps[0])
            symbols = [step.what if isinstance(step.what, int) else None for step in steps]
            for counts in step_counts(self.core, symbols, begun=self._begun, written=self.comparison.written):
                self._judge_symbol(len(found))
                found.append(counts)
        self._judge_counts(found)
        return Checked(latencies=self.comparison.compared, steps=tuple(found))

    def _write(self, step: Given) -> None:
        """Puts what a step is given into the store."""
        if step.restart:
            self.golden.restart()
            self.core.write(*self.golden.start())
        if isinstance(step.what, np.ndarray):
            self.core.write(*self.golden.inputs(step.what))

    def _begun(self, request: object) -> None:
        if self.phase is None:
            self.phase = self.core.sim["flash.step"] if self.core.chip else 0
        self.comparison.begin(next(self.given).what)

    def _judge_symbol(self, step: int) -> None:
        if found := self.comparison.difference:
            raise Different(f"{self.drawn}: {found}")
        symbol = self.core.sim[f"{self.core.prefix}sequencer.symbol__payload"]
        if symbol != self.golden.symbol:
            raise Different(f"{self.drawn}: step {step}: the core chose symbol {symbol}, golden {self.golden.symbol}")

    def _judge_counts(self, found: list[StepCounts]) -> None:
        drawn, core = self.drawn, self.core
        made = predict(drawn.program, drawn.build.board, steps=len(found), back_to_back=not drawn.rested, phase=self.phase or 0)
        for number, (counts, model) in enumerate(zip(found, made.steps, strict=False)):
            if counts != model:
                raise Different(f"{drawn}: step {number}: the core counts {_told(counts)}, the cycle model {_told(model)}")
        due = len(found) * _latencies(drawn)
        if self.comparison.compared != due:
            raise Different(f"{drawn}: {self.comparison.compared} latencies are compared, {due} are due")
        if core.counter(isa.Counter.STEPS) != len(drawn.steps):
            raise Different(f"{drawn}: the core counts {core.counter(isa.Counter.STEPS)} steps, not {len(drawn.steps)}")
        for chip in (core.chip, core.sdram):
            if chip is not None and chip.violations:
                raise Different(f"{drawn}: {chip.violations[0]}")


def _told(counts: StepCounts) -> str:
    return f"{counts.clocks} clocks, {counts.rows} rows, {counts.beats} beats and {counts.flash} of the second tier"


def _latencies(drawn: Drawn) -> int:
    """Those that a step writes."""
    place, network = drawn.program.meta.placement, drawn.network
    writes = sum(run.last for run in drawn.program.runs)
    return (writes - 1) * sum(map(len, place.neurons[: network.n_written])) + network.n_out


def damaged(drawn: Drawn) -> tuple[Program, int]:
    """The program with one bit flipped in a table's entry that a step adds, whichever; and the byte of its tier that it is in."""
    rng, program = np.random.default_rng([drawn.seed, drawn.number, 1]), drawn.program
    writes = _writes(drawn)
    while True:
        rows = list(summands(drawn.network, program, writes[int(rng.integers(len(writes)))]))
        if not rows:  # attention of the first position
            continue
        row = rows[int(rng.integers(len(rows)))]
        address, bit = row.address + int(rng.integers(row.size)), int(rng.integers(8))
        for number, piece in enumerate(program.tables):
            at = address - piece.beat * program.width.beat_bytes
            if piece.tier == row.tier and 0 <= at < len(piece.data) and piece.data[at] >> (bit & 4) & 15:  # no padding
                changed = bytearray(piece.data)
                changed[at] ^= 1 << bit
                tables = [*program.tables]
                tables[number] = Placed(piece.tier, piece.beat, bytes(changed))
                return replace(program, tables=tuple(tables)), address


def _writes(drawn: Drawn) -> list[Write]:
    golden, found = Golden(drawn.network, drawn.program), list[Write]()
    for step in drawn.steps:
        if step.restart:
            golden.restart()
        found += golden.step(step.what)
    return found
