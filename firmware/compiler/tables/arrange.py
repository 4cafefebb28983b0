"""Where everything of a network lies: which blocks' anchor words are copied, parts, and their pieces in the tiers."""

from dataclasses import dataclass

from boards import Board
from firmware.isa import Mode

from ..stages.stage import Stage
from .copies import copied_blocks, with_copies
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
        clocks = sum(piece.count * row_clocks(item, board.tiers[piece.tier]) for piece in self.pieces if piece.item == number)
        return clocks // item.count


def arrange(stages: list[Stage], sizes: Sizes, board: Board, *, whole: bool = False) -> Arrangement:
    """``whole``: no tables are parted between tiers. ``CompileError`` where they don't fit.

    The pieces come in the order of the program: stages one after another, in each the tier on chip first.
    """
    lengths = sizes.anchor_words
    copied = copied_blocks(lengths, board)
    stages = with_copies(stages, copied)
    room = {block: lengths[block] + _spare(stages, block, board) for block in copied}
    parts = make_parts(stages, sizes, room)
    order = {id(stage): number for number, stage in enumerate(stages)}
    pieces = place([part.item for part in parts], board, whole=whole, zero=any(stage.mode != Mode.ROWS for stage in stages))
    pieces.sort(key=lambda piece: (order[id(parts[piece.item].stage)], piece.tier, piece.item, piece.start))
    return Arrangement(stages=stages, parts=parts, pieces=pieces)


def _spare(stages: list[Stage], block: int, board: Board) -> int:
    """Anchor words more that a block needs where a pair of a layer's tables is parted between tiers and made one after the other."""
    if board.flash is None:
        return 0
    families = (family for stage in stages if stage.block == block for family in stage.families)
    return sum(max(family.n_c, board.comparators) for family in families if family.place is None)
