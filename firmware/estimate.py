"""What a program reads a step and where its tables lie, before anything is built or simulated.

Terms of the performance model: the *limit* is, over all rows read in one step, the sum of ceil(row bytes / bytes a clock). The clocks a
step really takes are for the cycle model to say (sim).
"""

from dataclasses import dataclass

from boards import Board

from . import isa
from .image import write_image
from .program import Program

__all__ = ["Estimate", "RunFigures", "estimate"]


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """One run. ``n_c``: anchor pairs a table. ``span``: beats from its first to its last; ``idle``: those of them that no row reads."""

    stage: str
    tables: int
    n_c: int
    bits: int
    row_beats: int
    base: int
    span: int
    idle: int


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Figures of a program. ``limit``: clocks a step at best; ``beats``: what it reads, padded rows included, 8 bytes each."""

    name: str
    board: Board
    runs: tuple[RunFigures, ...]
    rows: int
    limit: int
    beats: int
    anchor_words: int
    store_latencies: int
    table_beats: int
    image_bytes: int

    @property
    def bytes_per_step(self) -> int:
        return self.beats * isa.BEAT_BYTES

    def text(self) -> str:
        """A readable report: the limit, the placement of every run, and what is left of each memory."""
        tier, board = self.board.tiers[0], self.board
        size = tier.size // isa.BEAT_BYTES
        lines = [
            f"{self.name} on {board.title}",
            (
                f"  reads {self.bytes_per_step:,} bytes a step in {self.rows} rows; limit {self.limit} clocks,"
                f" at most {board.clock_hz / self.limit:,.0f} steps a second at {board.clock_hz / 1e6:g} MHz"
            ),
            f"  tables in {tier.name}, beats of {isa.BEAT_BYTES} bytes:",
            "    run       tables  n_c  entries  row  first   beats  of these unread",
        ]
        for run in self.runs:
            lines.append(
                f"    {run.stage:<9} {run.tables:6} {run.n_c:4}  int{run.bits:<4} {run.row_beats:5} {run.base:6} {run.span:7} {run.idle:7}"
            )
        words, top = board.anchor_words, min(board.store_latencies, isa.ZERO_WORD * isa.LANES)
        lines += [
            f"  {tier.name}: {self.table_beats} of {size} beats ({100 * self.table_beats / size:.1f} %)",
            (
                f"  anchors: {self.anchor_words} of {words} words; program: {len(self.runs)} of {board.program_instructions} instructions;"
                f" store: {self.store_latencies} of {top} latencies"
            ),
            f"  image: {self.image_bytes:,} bytes",
        ]
        return "\n".join(lines)


def estimate(program: Program, board: Board) -> Estimate:
    """The figures of ``program``, which was compiled for ``board``."""
    figures = []
    rows = limit = beats = 0
    spans = {(piece.tier, piece.beat): len(piece.data) for piece in program.tables}
    for run, origin in zip(program.runs, program.meta["placement"]["runs"], strict=True):
        columns = program.meta["n_out"] if origin["stage"] == "output" else program.meta["n"]
        bits = 4 if run.int4 else 8
        rows += run.count
        beats += run.count * run.row_beats
        limit += run.count * min(run.row_beats, -(-columns * bits // (8 * isa.BEAT_BYTES)))
        span = spans[run.tier, run.table_base] // isa.BEAT_BYTES
        read = -(-span // (1 << run.row_log2)) * run.row_beats
        figures.append(
            RunFigures(
                stage=origin["stage"],
                tables=run.count,
                n_c=run.table_log2 - run.row_log2,
                bits=bits,
                row_beats=run.row_beats,
                base=run.table_base,
                span=span,
                idle=span - min(span, read),
            )
        )
    return Estimate(
        name=program.meta["name"],
        board=board,
        runs=tuple(figures),
        rows=rows,
        limit=limit,
        beats=beats,
        anchor_words=len(program.anchors),
        store_latencies=len(program.store),
        table_beats=sum(run.span for run in figures),
        image_bytes=len(write_image(program)),
    )
