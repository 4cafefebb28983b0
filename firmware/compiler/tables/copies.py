"""Where anchor words lie: in the anchor memory for good, or copied there from tier 0 before a transformer's block needs them."""

from collections.abc import Callable
from itertools import combinations

from boards import Board
from firmware.description import StageId, Work
from firmware.isa import Mode

from ..errors import CompileError
from ..stages.families import Family
from ..stages.stage import Stage

REGION = 4  # words that the first word of the copied ones is a multiple of


def anchor_lengths(stages: list[Stage], length: Callable[[Family, int], int]) -> dict[int | None, int]:
    """Anchor words of each block, and of what is in none (None); ``length(family, source)`` gives those of a source."""
    lengths: dict[int | None, int] = {None: 0}
    for stage in stages:
        if stage.mode in (Mode.ROWS, Mode.QUERY, Mode.KEY) and not stage.same_words:
            made = sum(length(family, stage.source) for family in stage.families if family.sources)
            lengths[stage.block] = lengths.get(stage.block, 0) + made
    return lengths


def region_start(kept: int) -> int:
    """First word of the copied ones behind ``kept`` words and an empty one."""
    return -(-(kept + 1) // REGION) * REGION


def copied_blocks(lengths: dict[int | None, int], board: Board) -> list[int]:
    """The blocks whose words are copied, none if all fit: the choice that copies the fewest words a step."""
    room, total = board.anchor_words, sum(lengths.values())
    if total <= room:
        return []
    blocks = [block for block in lengths if block is not None]
    choices = []
    for count in range(1, len(blocks) + 1):
        for chosen in combinations(blocks, count):
            words = [lengths[block] for block in chosen]
            if region_start(total - sum(words)) + max(words) <= room:
                choices.append((sum(words), chosen))
    if choices:
        return list(min(choices)[1])
    if not blocks:
        raise CompileError(f"the network needs {total} anchor words, {board.name} has {room}: the anchor memory is full")
    worst = max(blocks, key=lambda block: lengths[block])
    raise CompileError(
        f"blocks.{worst} needs {lengths[worst]} anchor words at a time, besides {region_start(lengths[None])} for the output and an "
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
