"""What a program reads a step, where its tables lie and what each memory tier costs, before anything is built or simulated.

Terms of the performance model: the *limit* is, of all tiers, the largest sum of ceil(row bytes / bytes a clock) over the rows read there in
one step, columns counted without padding. Attention is counted with all positions cached. The clocks a step really takes are for the
cycle model to say (sim).
"""

from dataclasses import dataclass
from typing import Any

from boards import Board, Tier
from polychron.command.terminal import printable

from . import isa
from .description import Work
from .image.image import write_image
from .image.sections import until_rest
from .isa import Mode
from .program import Program


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """One run that reads tables. ``reach``: positions that attention takes a row for, 0 outside it; ``rows``: read a step.
    ``n_c``: bits of an index. ``row_bytes``: of its columns; ``row_beats``: as stored and read.

    ``base``, ``span``, in beats: where its first row begins in ``tier`` and what lies from there to its last; ``idle``: beats of these that
    no row reads. ``limit``: clocks of its rows at best; ``clocks``: with their padding and addresses.
    """

    stage: str
    tier: int
    tables: int
    reach: int
    rows: int
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
    """One tier. ``used``: bytes that its runs span, and of attention the ``side`` blocks (index caches, position bits) and the anchor words
    that are ``copied``; ``rows``, ``bytes``: of tables, read a step; ``limit``, ``clocks``: the sums of its runs, ``clocks`` with the
    accesses to side blocks and copied words.
    """

    tier: Tier
    used: int
    side: int
    copied: int
    rows: int
    bytes: int
    limit: int
    clocks: int


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Figures of a program. ``limit``: clocks a step at best; ``beats``: what it reads, padded rows included.

    ``image_bytes``: of the whole image, ``loaded_bytes``: of the part the core loads; the rest is read from the flash as needed.
    ``learning``: tables that the core can change, of a board that learns; None of another one.
    """

    name: str
    board: Board
    runs: tuple[RunFigures, ...]
    tiers: tuple[TierFigures, ...]
    rows: int
    limit: int
    beats: int
    anchor_words: int
    instructions: int
    store_latencies: int
    image_bytes: int
    loaded_bytes: int
    learning: int | None = None

    @property
    def bytes_per_step(self) -> int:
        return self.beats * isa.Width.of(self.board).beat_bytes

    def limit_with(self, cached: int) -> int:
        """``limit`` of a step with so many positions cached, where that is fewer than attention reaches."""
        sums = [0] * len(self.tiers)
        for run in self.runs:
            sums[run.tier] += run.limit * min(cached, run.reach) // run.reach if run.reach else run.limit
        return max(sums)

    @property
    def slowest(self) -> TierFigures:
        """The tier that sets the limit."""
        return max(self.tiers, key=lambda tier: tier.limit)

    @property
    def figures(self) -> dict[str, Any]:
        """The same for ``--json`` (docs/user/json.md)."""
        beat_bytes, board = isa.Width.of(self.board).beat_bytes, self.board
        runs = [
            {
                "stage": run.stage,
                "tier": board.tiers[run.tier].name,
                "tables": run.tables,
                "rows": run.rows,
                "n_c": run.n_c,
                "entry_bits": run.bits,
                "row_bytes": run.row_bytes,
                "row_bytes_read": run.row_beats * beat_bytes,
                "first_byte": run.base * beat_bytes,
                "size_bytes": run.span * beat_bytes,
                "unread_bytes": run.idle * beat_bytes,
                "clocks": run.clocks,
                "clocks_limit": run.limit,
            }
            for run in self.runs
        ]
        tiers = [
            {
                "tier": one.tier.name,
                "used_bytes": one.used,
                "size_bytes": one.tier.size,
                "side_bytes": one.side,
                "copied_bytes": one.copied,
                "rows": one.rows,
                "bytes": one.bytes,
                "clocks": one.clocks,
                "clocks_limit": one.limit,
            }
            for one in self.tiers
        ]
        return {
            "board": board.name,
            "network": self.name,
            "clock_mhz": board.clock_hz / 1e6,
            "clocks_limit": self.limit,
            "limiting_tier": self.slowest.tier.name,
            "table_bytes_per_step": self.bytes_per_step,
            "rows_per_step": self.rows,
            "anchor_words": self.anchor_words,
            "instructions": self.instructions,
            "latencies": self.store_latencies,
            "available": {
                "anchor_words": board.anchor_words,
                "instructions": board.program_instructions,
                "latencies": isa.Width.of(board).latencies,
            },
            "image_bytes": self.image_bytes,
            "loaded_bytes": self.loaded_bytes,
            "learning_tables": self.learning,
            "runs": runs,
            "tiers": tiers,
        }

    def text(self) -> str:
        """A readable report: the limit, the placement of every run, what each tier costs, and what is left of each memory."""
        board, several, width = self.board, len(self.tiers) > 1, isa.Width.of(self.board)
        wide = max(9, *(len(run.stage) for run in self.runs))
        limit = f"limit {self.limit:,} clocks{f' ({self.slowest.tier.name})' if several else ''}"
        rate = f"at most {board.clock_hz / self.limit:,.0f} steps a second at {board.clock_hz / 1e6:g} MHz"
        lines = [
            f"{printable(self.name)} on {board.title}",
            f"  reads {self.bytes_per_step:,} bytes a step in {self.rows} rows; {limit}, {rate}",
            "",
            f"  {'run':<{wide}}  tier       tables   rows  n_c  entries  row bytes  read  from byte         size   unread   clocks",
        ]
        for run in self.runs:
            entries, first, read = f"int{run.bits}", f"{run.base * width.beat_bytes:#x}", run.row_beats * width.beat_bytes
            lines.append(
                f"  {run.stage:<{wide}}  {board.tiers[run.tier].name:<9}  {run.tables:6} {run.rows:6} {run.n_c:4}  {entries:>7}"
                f"  {run.row_bytes:9}  {read:4}  {first:>9}"
                f"  {_kib(run.span * width.beat_bytes):>7} KiB  {100 * run.idle / run.span:5.1f} %  {run.clocks:7,}"
            )
        lines += ["", "  tier                           used              rows  bytes a step    limit   clocks"]
        for one in self.tiers:
            lines.append(
                f"  {one.tier.name:<9}  {_kib(one.used):>8} of {_kib(one.tier.size):>8} KiB  {100 * one.used / one.tier.size:5.1f} %"
                f"  {one.rows:8}  {one.bytes:12,}  {one.limit:7,}  {one.clocks:7,}"
            )
        near = self.tiers[0]
        if near.side:
            copied = f", {_kib(near.copied)} KiB of anchor words, copied before they are used" if near.copied else ""
            lines.append(f"  (of {near.tier.name}: {_kib(near.side)} KiB of index caches and position bits{copied})")
        anchors = f"anchors: {self.anchor_words} of {board.anchor_words} words"
        instructions = f"program: {self.instructions} of {board.program_instructions} instructions"
        store = f"store: {self.store_latencies} of {width.latencies} latencies"
        stays = f", {self.loaded_bytes:,} of them loaded, the rest stays in the flash" if self.loaded_bytes < self.image_bytes else ""
        lines += [
            f"  (clocks: of a step, with the padding of rows{', and in flash their addresses' if several and board.sdram is None else ''})",
            "",
            f"  {anchors}; {instructions}; {store}",
            f"  image: {self.image_bytes:,} bytes{stays}",
        ]
        if self.learning is not None:
            none = "no tables (those of the output must lie on chip, 256 or less, of a recurrent network or a classifier)"
            lines.append(f"  learning: {f'the {self.learning} output tables' if self.learning else none}")
        return "\n".join(lines)


def estimate(program: Program, board: Board) -> Estimate:
    """The figures of ``program``, which was compiled for ``board``."""
    figures, width = list[RunFigures](), program.width
    spans: dict[tuple[int, int], int] = {}
    for piece in program.tables:  # what lies in the banks beside one another is a run's
        beat = piece.beat % width.far_bank_beats if piece.tier else piece.beat
        spans[piece.tier, beat] = spans.get((piece.tier, beat), 0) + len(piece.data)
    for run, origin in zip(program.runs, program.meta.placement.runs, strict=True):
        if run.mode not in (Mode.ROWS, Mode.ATTEND):
            continue
        tier = board.tiers[run.tier]
        columns = program.meta.n_out if origin.stage.work is Work.OUTPUT else program.meta.n_written
        bits = 4 if run.int4 else 8
        row_bytes = -(-columns * bits // 8)
        span = spans[run.tier, run.table_base] // width.beat_bytes
        read = -(-span // (1 << run.row_log2)) * run.row_beats
        reach = run.n_out if run.mode == Mode.ATTEND else 0
        rows = run.count * max(1, reach)
        figures.append(
            RunFigures(
                stage=str(origin.stage),
                tier=run.tier,
                tables=run.count,
                reach=reach,
                rows=rows,
                n_c=run.table_log2 - run.row_log2,
                bits=bits,
                row_bytes=row_bytes,
                row_beats=run.row_beats,
                base=run.table_base,
                span=span,
                idle=span - min(span, read),
                limit=rows * -(-row_bytes * tier.beat_clocks(width.lanes) // width.beat_bytes),
                clocks=rows * (run.row_beats * tier.beat_clocks(width.lanes) + tier.row_clocks),
            )
        )
    side = sum(spans.get((0, isa.SIDE_BEATS * run.side), 0) for run in program.runs if run.mode == Mode.QUERY)
    copied = sum(run.count for run in program.runs if run.mode == Mode.ANCHORS)
    tiers = []
    for number, tier in enumerate(board.tiers):
        mine = [run for run in figures if run.tier == number]
        near = number == 0  # side blocks and the words that are copied lie there
        tiers.append(
            TierFigures(
                tier=tier,
                used=(sum(run.span for run in mine) + near * copied) * width.beat_bytes + near * side,
                side=near * side,
                copied=near * copied * width.beat_bytes,
                rows=sum(run.rows for run in mine),
                bytes=sum(run.rows * run.row_beats for run in mine) * width.beat_bytes,
                limit=sum(run.limit for run in mine),
                clocks=sum(run.clocks for run in mine) + near * (copied + sum(_side_clocks(run, width) for run in program.runs)),
            )
        )
    image = write_image(program)
    return Estimate(
        name=program.meta.name,
        board=board,
        runs=tuple(figures),
        tiers=tuple(tiers),
        rows=sum(tier.rows for tier in tiers),
        limit=max(tier.limit for tier in tiers),
        beats=sum(tier.bytes for tier in tiers) // width.beat_bytes,
        anchor_words=len(program.anchors),
        instructions=len(program.runs),
        store_latencies=len(program.store),
        image_bytes=len(image),
        loaded_bytes=len(until_rest(image)),
        learning=sum(run.count for run in program.runs if run.learn) if board.learns else None,
    )


def _side_clocks(run: isa.Run, width: isa.Width) -> int:
    """Accesses to side blocks: of the tables of one and one distance, ring and position bits; of a key, one word."""
    if run.mode == Mode.ATTEND:
        return run.n_out * 2 * -(-run.count // width.side_words)
    return run.count if run.mode == Mode.KEY else 0


def _kib(size: int) -> str:
    return f"{size / 1024:,.1f}"
