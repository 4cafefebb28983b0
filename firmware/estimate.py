"""What a program reads a step, where its tables lie and what each memory tier costs, before anything is built or simulated.

Terms of the performance model: the *limit* is, of all tiers, the largest sum of ceil(row bytes / bytes a clock) over the rows read there in
one step, columns counted without padding. The clocks a step really takes are for the cycle model to say (sim).
"""

from dataclasses import dataclass

from boards import Board, Tier

from . import isa
from .image import write_image
from .program import Program
from .sections import until_rest

__all__ = ["Estimate", "RunFigures", "TierFigures", "estimate"]


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """One run. ``n_c``: anchor pairs a table. ``row_bytes``: of its columns; ``row_beats``: as stored and read.

    ``base``, ``span``, in beats: where its first row begins in ``tier`` and what lies from there to its last; ``idle``: beats of these that
    no row reads. ``limit``: clocks of its rows at best; ``clocks``: with their padding and addresses.
    """

    stage: str
    tier: int
    tables: int
    n_c: int
    bits: int
    row_bytes: int
    row_beats: int
    base: int
    span: int
    idle: int
    limit: int
    clocks: int


@dataclass(frozen=True, kw_only=True)
class TierFigures:
    """One tier. ``used``: bytes that its runs span; ``rows``, ``bytes``: read a step; ``limit``, ``clocks``: the sums of its runs."""

    tier: Tier
    used: int
    rows: int
    bytes: int
    limit: int
    clocks: int


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Figures of a program. ``limit``: clocks a step at best; ``beats``: what it reads, padded rows included, 8 bytes each.

    ``image_bytes``: of the whole image, ``loaded_bytes``: of the part the core loads; the rest is read from the flash as needed.
    """

    name: str
    board: Board
    runs: tuple[RunFigures, ...]
    tiers: tuple[TierFigures, ...]
    rows: int
    limit: int
    beats: int
    anchor_words: int
    store_latencies: int
    image_bytes: int
    loaded_bytes: int

    @property
    def bytes_per_step(self) -> int:
        return self.beats * isa.BEAT_BYTES

    @property
    def slowest(self) -> TierFigures:
        """The tier that sets the limit."""
        return max(self.tiers, key=lambda tier: tier.limit)

    def text(self) -> str:
        """A readable report: the limit, the placement of every run, what each tier costs, and what is left of each memory."""
        board, several = self.board, len(self.tiers) > 1
        lines = [
            f"{self.name} on {board.title}",
            (
                f"  reads {self.bytes_per_step:,} bytes a step in {self.rows} rows; limit {self.limit:,} clocks"
                f"{f' ({self.slowest.tier.name})' if several else ''},"
                f" at most {board.clock_hz / self.limit:,.0f} steps a second at {board.clock_hz / 1e6:g} MHz"
            ),
            "",
            "  run        tier       tables  n_c  entries  row bytes  read  from byte         size   unread  clocks",
        ]
        for run in self.runs:
            name = board.tiers[run.tier].name
            entries, first, read = f"int{run.bits}", f"{run.base * isa.BEAT_BYTES:#x}", run.row_beats * isa.BEAT_BYTES
            lines.append(
                f"  {run.stage:<9}  {name:<9}  {run.tables:6} {run.n_c:4}  {entries:>7}"
                f"  {run.row_bytes:9}  {read:4}  {first:>9}"
                f"  {_kib(run.span * isa.BEAT_BYTES):>7} KiB  {100 * run.idle / run.span:5.1f} %  {run.clocks:6,}"
            )
        lines += ["", "  tier                           used              rows  bytes a step   limit  clocks"]
        for one in self.tiers:
            part = 100 * one.used / one.tier.size
            lines.append(
                f"  {one.tier.name:<9}  {_kib(one.used):>8} of {_kib(one.tier.size):>8} KiB  {part:5.1f} %"
                f"  {one.rows:8}  {one.bytes:12,}  {one.limit:6,}  {one.clocks:6,}"
            )
        words, top = board.anchor_words, min(board.store_latencies, isa.ZERO_WORD * isa.LANES)
        stays = self.image_bytes - self.loaded_bytes
        lines += [
            "  (clocks: of a step, with the padding of rows" + ", and in flash their addresses)" * several + ")" * (not several),
            "",
            (
                f"  anchors: {self.anchor_words} of {words} words; program: {len(self.runs)} of {board.program_instructions} instructions;"
                f" store: {self.store_latencies} of {top} latencies"
            ),
            f"  image: {self.image_bytes:,} bytes" + (f", {self.loaded_bytes:,} of them loaded, the rest stays in the flash" * bool(stays)),
        ]
        return "\n".join(lines)


def estimate(program: Program, board: Board) -> Estimate:
    """The figures of ``program``, which was compiled for ``board``."""
    figures = []
    spans = {(piece.tier, piece.beat): len(piece.data) for piece in program.tables}
    for run, origin in zip(program.runs, program.meta["placement"]["runs"], strict=True):
        tier = board.tiers[run.tier]
        columns = program.meta["n_out"] if origin["stage"] == "output" else program.meta["n"]
        bits = 4 if run.int4 else 8
        row_bytes = -(-columns * bits // 8)
        span = spans[run.tier, run.table_base] // isa.BEAT_BYTES
        read = -(-span // (1 << run.row_log2)) * run.row_beats
        figures.append(
            RunFigures(
                stage=origin["stage"],
                tier=run.tier,
                tables=run.count,
                n_c=run.table_log2 - run.row_log2,
                bits=bits,
                row_bytes=row_bytes,
                row_beats=run.row_beats,
                base=run.table_base,
                span=span,
                idle=span - min(span, read),
                limit=run.count * -(-row_bytes * tier.beat_clocks // isa.BEAT_BYTES),
                clocks=run.count * (run.row_beats * tier.beat_clocks + tier.row_clocks),
            )
        )
    tiers = tuple(_tier(board.tiers[number], [run for run in figures if run.tier == number]) for number in range(len(board.tiers)))
    image = write_image(program)
    return Estimate(
        name=program.meta["name"],
        board=board,
        runs=tuple(figures),
        tiers=tiers,
        rows=sum(tier.rows for tier in tiers),
        limit=max(tier.limit for tier in tiers),
        beats=sum(tier.bytes for tier in tiers) // isa.BEAT_BYTES,
        anchor_words=len(program.anchors),
        store_latencies=len(program.store),
        image_bytes=len(image),
        loaded_bytes=len(until_rest(image)),
    )


def _tier(tier: Tier, runs: list[RunFigures]) -> TierFigures:
    return TierFigures(
        tier=tier,
        used=sum(run.span for run in runs) * isa.BEAT_BYTES,
        rows=sum(run.tables for run in runs),
        bytes=sum(run.tables * run.row_beats for run in runs) * isa.BEAT_BYTES,
        limit=sum(run.limit for run in runs),
        clocks=sum(run.clocks for run in runs),
    )


def _kib(size: int) -> str:
    return f"{size / 1024:,.1f}"
