"""The compiler: an integer network and a board to a program, pass after pass: stages, store plan, placement of tables, runs."""

from dataclasses import dataclass

import numpy as np

from boards import Board
from firmware import isa
from firmware.description import Meta, Origin, Placement
from firmware.isa import Mode
from firmware.program import Placed, Program
from firmware.sampling import Sampling
from golden.integer.network import Network

from .errors import CompileError
from .program.emit import Emitted, emit
from .program.indices import Plans
from .program.learning import with_learning
from .stages.stage import Stage
from .stages.stages import make_stages, output_range
from .store.layout import Layout, Shape
from .store.schedule import ideal_words
from .store.search import search
from .store.shapes import check_depth, make_shape
from .tables.arrange import Arrangement, anchor_lengths, arrange
from .tables.parts import Sizes
from .tables.tiers import FAR

UNLIMITED = 1 << 30
NARROW = 8  # lanes that SPRAM serves


def compile_network(
    network: Network, board: Board, *, name: str = "network", seed: int = 1, k: int = 0, temperature: float = 0.0
) -> Program:
    """``network`` as a program for ``board``.

    ``seed``, ``k``, ``temperature``: the sampler (docs/reference/numbers.md); temperature 0 takes the earliest spike.
    Raises ``CompileError``, ``NetworkError`` or ``JitterError`` with one sentence if the network can't run there. The same inputs give
    the same program.
    """
    network.validate()
    try:
        width = isa.Width.of(board)
        Sampling(seed=seed, k=k)
    except ValueError as error:
        raise CompileError(str(error)) from None
    if width.lanes != NARROW and (tier := next((tier for tier in board.tiers if tier.kind == "spram"), None)):
        raise CompileError(f"lanes of {board.name} must be {NARROW} with a tier in {tier.name}, not {width.lanes}")
    stages = make_stages(network, width)
    outputs = output_range(network.output)
    plan = _plan_store(stages, make_shape(network, stages, board), board)
    made = _emit(stages, plan, board, n_out=network.n_out)
    tables = [*made.tables, *_zero_beat(made.runs, board)]
    return Program(
        width=width,
        runs=tuple(with_learning(made.runs, made.origins, kind=network.kind, board=board)),
        anchors=tuple(made.anchors),
        tables=tuple(sorted(tables)),
        store=_initial_store(network, plan.layout),
        sampling=Sampling.at(temperature, out_frac=network.out_frac, outputs=outputs, seed=seed, k=k),
        image_offset=board.image_offset if board.sdram is None and any(piece.tier == FAR for piece in tables) else None,
        meta=_describe(network, outputs, plan.layout, name=name, origins=made.origins),
    )


def _describe(network: Network, outputs: tuple[int, int], layout: Layout, *, name: str, origins: tuple[Origin, ...]) -> Meta:
    return Meta(
        name=name,
        kind=network.kind,
        n=network.n,
        n_in=network.n_in,
        n_out=network.n_out,
        frac=network.frac,
        out_frac=network.out_frac,
        symbols=network.byte_symbols(),
        placement=Placement(
            neurons=tuple(map(tuple, layout.copies)),
            state_words=layout.state_words,
            output=layout.output_base * layout.width.lanes,
            output_range=outputs,
            constants=tuple(network.reference_latencies().tolist()),
            runs=origins,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class StorePlan:
    """Where latencies lie, in which order each family's pairs are compared, and the sizes that follow from it."""

    layout: Layout
    schedules: Plans
    sizes: Sizes


def _plan_store(stages: list[Stage], shape: Shape, board: Board) -> StorePlan:
    """The store's layout and the anchors' schedules, searched for together, once it is sure that the tables fit the tiers.

    A bubble in a schedule costs nothing where rows take longer, so the search is told what a row of each family takes: by a placement
    for schedules without bubbles.
    """
    least = sum(len(stage.families) if stage.reads else 1 for stage in stages)
    check_depth(least, board.program_instructions, "instructions", "program memory", board)
    ideal = anchor_lengths(stages, lambda family, source: ideal_words(family.n_t, family.sources[source].shape[1], board.comparators))
    forecast = arrange(stages, Sizes(output_words=shape.output_words, state_words=shape.state_words, anchor_words=ideal), board)
    made = [(stage, group) for stage in stages if stage.reads and not stage.token for group in range(len(stage.families))]
    families = [stage.families[group] for stage, group in made]
    # rows of attention come when all indices of the block are made
    clocks = [forecast.row_clocks(stage, group, board) if stage.mode == Mode.ROWS else 0 for stage, group in made]
    room = board.anchor_words if sum(ideal.values()) <= board.anchor_words else UNLIMITED
    found = search([family.sources for family in families], clocks, shape, board, room=room)
    schedules = dict(zip(families, found.schedules, strict=True))
    lengths = anchor_lengths(stages, lambda family, source: schedules[family][source].length)
    sizes = Sizes(output_words=shape.output_words, state_words=found.layout.state_words, anchor_words=lengths)
    return StorePlan(layout=found.layout, schedules=schedules, sizes=sizes)


def _emit(stages: list[Stage], plan: StorePlan, board: Board, *, n_out: int) -> Emitted:
    """The program, its tables parted between the tiers where that pays; whole, where the parts need more than the memories hold."""

    def attempt(placed: Arrangement) -> Emitted:
        return emit(placed.stages, placed.parts, plan.schedules, placed.pieces, plan.layout, n_out=n_out, most=board.program_instructions)

    made = attempt(arrange(stages, plan.sizes, board))
    if len(made.anchors) > board.anchor_words or len(made.runs) > board.program_instructions:
        made = attempt(arrange(stages, plan.sizes, board, whole=True))
    check_depth(len(made.anchors), board.anchor_words, "anchor words", "anchor memory", board)
    check_depth(len(made.runs), board.program_instructions, "instructions", "program memory", board)
    return made


def _zero_beat(runs: list[isa.Run], board: Board) -> list[Placed]:
    """The last beat of tier 0, zero, if a run reads it: to end with a row of zeros, or behind beats of int4 rows of the far tier."""
    size = isa.Width.of(board).beat_bytes
    if any(run.mode != Mode.ROWS or (run.int4 and run.tier == FAR) for run in runs):
        return [Placed(0, board.tiers[0].size // size - 1, bytes(size))]
    return []


def _initial_store(network: Network, layout: Layout) -> np.ndarray:
    """The latencies that are loaded: those of the reference neurons, 0 elsewhere."""
    store = np.zeros(layout.top, np.int16)
    for neuron, value in zip(range(network.n - network.n_ref, network.n), network.reference_latencies().tolist(), strict=True):
        store[layout.copies[neuron]] = value
    return store
