"""What the cycle model says of a program."""

from dataclasses import dataclass

from boards import Board
from firmware.isa import BEAT_BYTES
from firmware.program import Program
from sim.cycles.core import CoreControl, StepCounts
from sim.cycles.flash import FlashControl

__all__ = ["MAX_STEPS", "Prediction", "predict"]

MAX_STEPS = 64
REST_CLOCKS = 64  # after these without a request nothing changes any more: heads are read, the sorter's list is copied


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Clocks and table reads of a program's steps.

    The **clocks** of a step begin with the one after its request is taken and end with the one in which the step ends (the core's
    ``stepped``), both included: what it adds to the CLOCKS counter, which counts the clocks with ``busy``. Where the next request waits
    already, it is taken in the clock in which the step before ends; then the distance from end to end is the same number. The symbol is
    offered to the host (``symbol.valid``) one clock after the end.

    ``steps``: each step simulated, the first of a core at rest. ``clocks``: of that first one; for a classification, from the request
    (inputs stored) to the class. ``clocks_per_step``: in steady state, from token to token. ``rows``, ``beats``, ``bytes``: read from the
    tables in a step. ``limit``: clocks in which the slowest memory tier could deliver the step's beats one after another; columns that
    the compiler pads or repeats are among them.
    """

    steps: tuple[StepCounts, ...]
    clocks_per_step: int
    limit: int

    @property
    def clocks(self) -> int:
        return self.steps[0].clocks

    @property
    def rows(self) -> int:
        return self.steps[-1].rows

    @property
    def beats(self) -> int:
        return self.steps[-1].beats

    @property
    def bytes(self) -> int:
        return self.beats * BEAT_BYTES

    @property
    def efficiency(self) -> float:
        """``limit / clocks_per_step``, at most 1."""
        return self.limit / self.clocks_per_step


def predict(
    program: Program,
    board: Board,
    *,
    steps: int = 1,
    back_to_back: bool = True,
    jitter: bool | None = None,
    k: int | None = None,
    phase: int = 0,
) -> Prediction:
    """The counts of at least ``steps`` (1..64) steps of ``program`` on ``board``, and its steady state.

    ``back_to_back``: the next request waits whenever a step ends; otherwise every step is asked of a core at rest. ``jitter``, ``k``: the
    sampler's registers (docs/reference/numbers.md), by default the program's own. ``phase``: of a flash read a nibble a clock, 0 or 1: it
    acts every second clock, from the first or the second clock of the model on. Raises ``ValueError`` for a program that is made for
    other comparators or tiers, and for one whose step can't end.
    """
    if program.comparators != board.comparators:
        raise ValueError(f"comparators must be {board.comparators} on {board.name}, the program is made for {program.comparators}")
    if not 1 <= steps <= MAX_STEPS:
        raise ValueError(f"steps must be 1..{MAX_STEPS}, not {steps}")
    limit = _limit(program, board)
    core = CoreControl(
        program,
        jitter=program.jittered if jitter is None else jitter,
        k=program.k if k is None else k,
        flash=FlashControl(beat_clocks=board.flash.beat_clocks if board.flash else 8, phase=phase),
    )
    made: list[StepCounts] = []
    ends: list[tuple[object, ...]] = []  # the core's state after each step: one that comes again begins a cycle
    while len(made) < steps or ends.index(ends[-1]) == len(ends) - 1:
        if not (made and back_to_back):
            for _ in range(REST_CLOCKS):
                core.clock(request=False)
        made.append(_step(core, program, again=back_to_back))
        ends.append(core.state())
    cycle = [step.clocks for step in made[ends.index(ends[-1]) + 1 :]]
    return Prediction(steps=tuple(made), clocks_per_step=-(-sum(cycle) // len(cycle)), limit=limit)


def _step(core: CoreControl, program: Program, *, again: bool) -> StepCounts:
    """One step; ``again``: a request waits when it ends."""
    beats = sum(run.count * (20 * run.row_beats + 40 if run.tier else run.row_beats) for run in program.runs)
    patience = 1000 + 4 * (beats + len(program.anchors)) + 64 * len(program.runs)
    for clock in range(patience):
        if counts := core.clock(request=again or clock == 0):
            return counts
    raise ValueError(f"a step must end, this program's has not within {patience} clocks")


def _limit(program: Program, board: Board) -> int:
    clocks = [0] * len(board.tiers)
    for number, run in enumerate(program.runs):
        if run.tier >= len(board.tiers):
            raise ValueError(f"run {number}: tier must be 0..{len(board.tiers) - 1} on {board.name}, not {run.tier}")
        clocks[run.tier] += run.count * run.row_beats * board.tiers[run.tier].beat_clocks
    return max(clocks)
