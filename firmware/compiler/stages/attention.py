"""The stages of a transformer's block, and the limits that attention has in the core."""

from dataclasses import replace

from firmware import isa
from firmware.description import StageId, Work
from firmware.isa import Mode
from golden.integer.transformer import TransformerNetwork
from golden.integer.transformer.heads import TransformerBlock

from ..errors import CompileError
from .stage import Family, Stage, attention_family, layer_stage

MAX_QUERY_BITS = 7  # a key index is shifted left by them, in a field of 3 bits


def side_blocks(family: Family, width: isa.Width) -> int:
    """Side blocks of a part's tables, a part beginning with a new one."""
    return -(-family.n_t // width.side_words)


def check_attention(network: TransformerNetwork, width: isa.Width) -> None:
    """Refuses what the index cache or the query memory has no room for."""
    if network.context > isa.CONTEXT:
        raise CompileError(f"the context is {network.context} positions, the core's index cache has room for {isa.CONTEXT}")
    for number, block in enumerate(network.blocks):
        query_bits = block.heads[0].query.shape[1]
        if query_bits > MAX_QUERY_BITS:
            raise CompileError(f"blocks.{number} has {query_bits} query pairs a table, the core's limit is {MAX_QUERY_BITS}")
        tables = [sum(head.n_t for head in heads) for heads in block.groups()]
        queries = sum(-(-count // width.side_words) for count in tables) * width.side_words
        if queries > isa.QUERIES:
            needs = f"{queries} query indices for its {sum(tables)} tables (by {width.side_words}, part after part)"
            raise CompileError(f"blocks.{number} needs {needs}, the core keeps {isa.QUERIES}")


def block_stages(number: int, block: TransformerBlock, width: isa.Width) -> list[Stage]:
    """Query and key, the parts' sums, the feed-forward layer.

    All indices are made before the first sum is written back. One query and one key run serve all parts if each part but the last has a
    number of tables that fills its side blocks; else each part has its own two.
    """
    families: list[Family] = []
    for heads in block.groups():
        families.append(attention_family(heads, first=sum(family.n_t for family in families)))
    together = all(family.n_t % width.side_words == 0 for family in families[:-1])
    stages: list[Stage] = []
    for made in [tuple(families)] if together else [(family,) for family in families]:
        stages += [
            Stage(id=StageId(Work.QUERY, number), families=made, mode=Mode.QUERY, sync=not stages),
            Stage(id=StageId(Work.KEY, number), families=made, mode=Mode.KEY, source=-1),
        ]
    sums = Stage(id=StageId(Work.PART, number), mode=Mode.ATTEND, bits=block.bits, shift=block.shift, first=True, last=True, residual=True)
    stages += [replace(sums, id=StageId(Work.PART, number, part), families=(family,)) for part, family in enumerate(families)]
    return stages if block.feed is None else [*stages, layer_stage(StageId(Work.FEED, number), block.feed)]


def block_families(stages: list[Stage], block: int | None) -> list[Family]:
    """The tables of attention of a block, part by part: the order of its side blocks."""
    return [family for stage in stages if stage.block == block and stage.mode == Mode.ATTEND for family in stage.families]
