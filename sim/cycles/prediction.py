"""What the cycle model says of a program."""

from dataclasses import dataclass

from boards import Board, sdram_clocks
from firmware.isa import CONTEXT, Mode, Run, Width
from firmware.program import Program
from sim.cycles.core import CoreControl, StepCounts
from sim.cycles.flash import FlashControl
from sim.cycles.sdram import SdramControl

MAX_STEPS = 64
REST_CLOCKS = 64  # after these without a request nothing changes any more: heads are read, the sorter's list is copied


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Clocks and table reads of a program's steps.

    The **clocks** of a step begin with the one after its request is taken and end with the one in which the step ends (the core's
    ``stepped``), both included: what it adds to the CLOCKS counter, which counts the clocks with ``running``. Where the next request waits
    already, it is taken in the clock in which the step before ends; then the distance from end to end is the same number. The symbol is
    offered to the host (``symbol.valid``) one clock after the end.

    ``steps``: each step simulated, the first of a core at rest. ``clocks``: of that first one; for a classification, from the request
    (inputs stored) to the class. ``clocks_per_step``: in steady state, from token to token; a transformer's index cache is full then.
    ``steady``: the last step of the cycle that the steady state is; ``rows``, ``beats``, ``bytes``: read from the tables in it. ``limit``:
    clocks in which the slowest memory tier could deliver its beats one after another; columns that the compiler pads or repeats are among
    them.
    """

    steps: tuple[StepCounts, ...]
    steady: StepCounts
    clocks_per_step: int
    limit: int
    width: Width

    @property
    def clocks(self) -> int:
        return self.steps[0].clocks

    @property
    def rows(self) -> int:
        return self.steady.rows

    @property
    def beats(self) -> int:
        return self.steady.beats

    @property
    def bytes(self) -> int:
        return self.beats * self.width.beat_bytes

    @property
    def efficiency(self) -> float:
        """``limit / clocks_per_step``, at most 1."""
        return self.limit / self.clocks_per_step


def predict(
    program: Program,
    board: Board,
    *,
    steps: int = 1,
    cached: int = 0,
    back_to_back: bool = True,
    jitter: bool | None = None,
    k: int | None = None,
    phase: int = 0,
) -> Prediction:
    """The counts of at least ``steps`` (1..64) steps of ``program`` on ``board``, and its steady state.

    ``cached``: positions in a transformer's index cache before the first step (0..31); the steady state is that of a core that was at rest
    with a full one. ``back_to_back``: the next request waits whenever a step ends; otherwise every step is asked of a core at rest.
    ``jitter``, ``k``: the sampler's registers (docs/reference/numbers.md), by default the program's own. ``phase``: of a flash read a
    nibble a clock, 0 or 1: it acts every second clock, from the first or the second clock of the model on. Raises ``ValueError`` for a
    program that is made for another width or tiers, and for one whose step can't end.
    """
    if program.width != Width.of(board):
        raise ValueError(f"the program is made for {program.width}, {board.name} has {Width.of(board)}")
    if not 1 <= steps <= MAX_STEPS:
        raise ValueError(f"steps must be 1..{MAX_STEPS}, not {steps}")
    if not 0 <= cached < CONTEXT:
        raise ValueError(f"cached must be 0..{CONTEXT - 1}, not {cached}")
    limit = _limit(program, board)

    def core(cached: int) -> CoreControl:
        return CoreControl(
            program,
            jitter=program.sampling.jittered if jitter is None else jitter,
            k=program.sampling.k if k is None else k,
            far=_far(board, phase),
            cached=cached,
            store_clocks=board.store_clocks,
            table_clocks=board.table_clocks,
        )

    full = max(map(_distances, program.runs))
    made, cycle = _run(core(cached), program, least=steps, steady=cached >= full, back_to_back=back_to_back)
    if cached < full:
        _, cycle = _run(core(full), program, least=1, steady=True, back_to_back=back_to_back)
    mean = -(-sum(step.clocks for step in cycle) // len(cycle))
    return Prediction(steps=tuple(made), steady=cycle[-1], clocks_per_step=mean, limit=limit, width=program.width)


def _far(board: Board, phase: int) -> FlashControl | SdramControl:
    if board.sdram is None:
        return FlashControl(byte_clocks=board.far.byte_clocks if board.far else 1, lanes=board.lanes, phase=phase)
    part, bits = board.sdram.sdram[0], 8 * board.lanes
    burst = min(8, bits // part.bits)
    clocks = sdram_clocks(board.sdram.sdram, clock_hz=board.clock_hz, burst_words=burst)
    return SdramControl(clocks=clocks, beat_bursts=bits // part.bits // burst, page_beats=(part.bits << part.column_bits) // bits)


def _run(core: CoreControl, program: Program, *, least: int, steady: bool, back_to_back: bool) -> tuple[list[StepCounts], list[StepCounts]]:
    """At least ``least`` steps, and those of the cycle that they fall into; without ``steady`` no cycle is waited for."""
    made: list[StepCounts] = []
    ends: list[tuple[object, ...]] = []  # the core's state after each step: one that comes again begins a cycle
    while len(made) < least or (steady and ends.index(ends[-1]) == len(ends) - 1):
        if not (made and back_to_back):
            for _ in range(REST_CLOCKS):
                core.clock(request=False)
        made.append(_step(core, program, again=back_to_back))
        ends.append(core.state())
    return made, made[ends.index(ends[-1]) + 1 :]


def _distances(run: Run) -> int:
    """Positions attended to at most, 0 in a run without attention."""
    return run.n_out if run.mode == Mode.ATTEND else 0


def _rows(run: Run) -> int:
    """Rows read with a full cache: query, key and anchors runs end with one of zeros."""
    if run.mode in (Mode.QUERY, Mode.KEY, Mode.ANCHORS):
        return 1
    return run.count * max(1, _distances(run))


def _step(core: CoreControl, program: Program, *, again: bool) -> StepCounts:
    """One step; ``again``: a request waits when it ends."""
    far = 2 * program.width.lanes + 4  # clocks of a beat in flash, a nibble a clock
    beats = sum(_rows(run) * (far * run.row_beats + 40 if run.tier else run.row_beats + 4) + 2 * run.count for run in program.runs)
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
        clocks[run.tier] += _rows(run) * run.row_beats * board.tiers[run.tier].beat_clocks(board.lanes)
    return max(clocks)
