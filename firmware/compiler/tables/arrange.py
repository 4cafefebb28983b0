"""Where everything of a network lies: which blocks' anchor words are copied, parts, and their pieces in the tiers."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

from boards import Board
from firmware import isa
from firmware.description import StageId, Work
from firmware.isa import Mode

from ..errors import CompileError
from ..stages.stage import Family, Stage
from .parts import Part, Sizes, make_parts
from .placement import Piece
from .tiers import place, row_clocks


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """``stages`` with those that copy anchor words, the ``parts`` that have to be placed, and their ``pieces``."""

    stages: list[Stage]
    parts: list[Part]
    pieces: list[Piece]

    def row_clocks(self, stage: Stage, group: int, board: Board) -> int:
        """Clocks of a row of a family; of one parted between tiers, the mean."""
        number = next(i for i, part in enumerate(self.parts) if part.stage is stage and part.group == group)
        item = self.parts[number].item
        clocks = sum(piece.count * row_clocks(item, board.tiers[piece.tier], board.lanes) for piece in self.pieces if piece.item == number)
        return clocks // item.count


def arrange(stages: list[Stage], sizes: Sizes, board: Board, *, whole: bool = False) -> Arrangement:
    """``whole``: no tables are parted between tiers. ``CompileError`` where they don't fit.

    The pieces come in the order of the program: stages one after another, in each the tier on chip first.
    """
    lengths = sizes.anchor_words
    copied = copied_blocks(lengths, board)
    stages = with_copies(stages, copied)
    room = {block: lengths[block] + _spare(stages, block, board) for block in copied}
    parts = make_parts(stages, sizes, room, isa.Width.of(board))
    order = {id(stage): number for number, stage in enumerate(stages)}
    pieces = place([part.item for part in parts], board, whole=whole, zero=any(stage.mode != Mode.ROWS for stage in stages))
    pieces.sort(key=lambda piece: (order[id(parts[piece.item].stage)], piece.tier, piece.item, piece.start))
    return Arrangement(stages=stages, parts=parts, pieces=pieces)


def _spare(stages: list[Stage], block: int, board: Board) -> int:
    """Anchor words more that a block needs where tables of a layer that are made together are parted between tiers: at most those of the
    smaller part."""
    if board.far is None:
        return 0
    families = (family for stage in stages if stage.block == block for family in stage.families)
    return sum(-(-board.comparators // 2) * max(family.n_c, board.comparators) for family in families if family.place is None)


def anchor_lengths(stages: list[Stage], length: Callable[[Family, int], int]) -> dict[int | None, int]:
    """Anchor words of each block, and of what is in none (None); ``length(family, source)`` gives those of a source."""
    lengths: dict[int | None, int] = {None: 0}
    for stage in stages:
        if stage.mode in (Mode.ROWS, Mode.QUERY, Mode.KEY) and not stage.same_words:
            made = sum(length(family, stage.source) for family in stage.families if family.sources)
            lengths[stage.block] = lengths.get(stage.block, 0) + made
    return lengths


def region_start(kept: int, width: isa.Width) -> int:
    """First word of the copied ones behind ``kept`` words and an empty one, where the beats of a side block can name it."""
    unit = width.side_words // width.anchor_beats
    return -(-(kept + 1) // unit) * unit


def region_reached(start: int, width: isa.Width) -> bool:
    """Whether an instruction has the side for copied words that begin at word ``start``."""
    return start * width.anchor_beats // width.side_words < 1 << isa.INSTRUCTION["side"]


def copied_blocks(lengths: dict[int | None, int], board: Board) -> list[int]:
    """The blocks whose words are copied, none if all fit: the choice that copies the fewest words a step."""
    room, total, width = board.anchor_words, sum(lengths.values()), isa.Width.of(board)
    if total <= room:
        return []
    blocks = [block for block in lengths if block is not None]
    choices = []
    for count in range(1, len(blocks) + 1):
        for chosen in combinations(blocks, count):
            words = [lengths[block] for block in chosen]
            start = region_start(total - sum(words), width)
            if start + max(words) <= room and region_reached(start, width):
                choices.append((sum(words), chosen))
    if choices:
        return list(min(choices)[1])
    if not blocks:
        raise CompileError(f"the network needs {total} anchor words, {board.name} has {room}: the anchor memory is full")
    worst = max(blocks, key=lambda block: lengths[block])
    raise CompileError(
        f"blocks.{worst} needs {lengths[worst]} anchor words at a time, besides {region_start(lengths[None], width)} for the output and an "
        f"empty one, {board.name} has {room}: the anchor memory is full"
    )


def with_copies(stages: list[Stage], copied: list[int]) -> list[Stage]:
    """``stages`` with one that copies the words of each of the blocks ``copied`` before the block's first."""
    found: list[Stage] = []
    for stage in stages:
        if stage.block in copied and stage.mode == Mode.QUERY and stage.sync:
            found.append(Stage(id=StageId(Work.ANCHORS, stage.block), mode=Mode.ANCHORS))
        found.append(stage)
    return found
