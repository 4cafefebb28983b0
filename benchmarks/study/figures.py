"""What a network costs on the board: bytes of tables, bytes read for a character, clocks for a character."""

from dataclasses import dataclass

import boards
from boards import Board
from firmware.compiler import CompileError, compile_network
from golden.integer.network import Layer, Network
from golden.integer.transformer import TransformerNetwork
from sim.cycles import predict

__all__ = ["Cost", "RowsRead", "clocks_by_rule", "cost", "rows_read"]

BEAT = 8  # bytes


@dataclass(frozen=True, kw_only=True)
class RowsRead:
    """``rows`` of ``bytes`` each, without padding."""

    rows: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Cost:
    """``memory``: "SPRAM" if the tables fit there, else "flash", else "none".

    ``predicted``: whether ``clocks`` are those of the cycle model on the compiled program, rather than :func:`clocks_by_rule`.
    """

    memory: str
    table_bytes: int
    bytes_read: int
    clocks: int
    predicted: bool


def rows_read(network: Network) -> list[RowsRead]:
    """All rows that a step reads: of each layer a row a table, of each head a row a table and cached position, one of the embedder."""

    def layer(one: Layer) -> RowsRead:
        return RowsRead(rows=one.n_t, bytes=-(-one.n_out * one.bits // 8))

    read = [layer(one) for one in network.hidden]
    if isinstance(network, TransformerNetwork):
        for block in network.blocks:
            tables = sum(head.n_t for head in block.heads)
            read.append(RowsRead(rows=tables * (network.context - 1), bytes=-(-network.n * block.bits // 8)))
            if block.feed is not None:
                read.append(layer(block.feed))
    read.append(layer(network.output))
    if network.embed is not None:
        read.append(RowsRead(rows=1, bytes=-(-network.n * network.embed_bits // 8)))
    return read


def clocks_by_rule(network: Network, board: Board, *, memory: str) -> int:
    """Clocks of the rows alone, all of them in one memory: those of their beats, in flash 7 a row besides; nothing hidden or waited for."""
    tier = board.flash if memory == "flash" else board.tiers[0]
    if tier is None:
        raise ValueError(f"{board.name} has no flash tier")
    return sum(one.rows * (-(-one.bytes // BEAT) * tier.beat_clocks + tier.row_clocks) for one in rows_read(network))


def cost(network: Network, *, board: str = "icebreaker") -> Cost:
    """The figures of ``network`` on ``board``. A deep network's inputs come from the host, a step from rest; others run step after step."""
    target = boards.get(board)
    table_bytes = network.table_bytes()
    memory = "none"
    if table_bytes <= target.tiers[0].size:
        memory = "SPRAM"
    elif target.flash is not None and table_bytes <= target.flash.size:
        memory = "flash"
    try:
        prediction = predict(compile_network(network, target), target, back_to_back=network.kind != "deep")
        clocks, predicted = prediction.clocks if network.kind == "deep" else prediction.clocks_per_step, True
    except (CompileError, ValueError):  # either refuses it
        clocks, predicted = clocks_by_rule(network, target, memory=memory), False
    read = sum(one.rows * one.bytes for one in rows_read(network))
    return Cost(memory=memory, table_bytes=table_bytes, bytes_read=read, clocks=clocks, predicted=predicted)
