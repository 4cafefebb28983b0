"""What a network costs on the board: bytes of tables, bytes read for a character, clocks for a character."""

from dataclasses import dataclass

import boards
from boards import Board
from firmware.compiler import CompileError, compile_network
from golden.integer.network import Network, TextNetwork
from sim.cycles import predict


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


def clocks_by_rule(network: Network, board: Board, *, memory: str) -> int:
    """Clocks of the rows alone, all of them in one memory: those of their beats, in flash 7 a row besides; nothing hidden or waited for."""
    tier = board.flash if memory == "flash" else board.tiers[0]
    if tier is None:
        raise ValueError(f"{board.name} has no flash tier")
    return sum(one.rows * (-(-one.row_bytes // board.lanes) * tier.beat_clocks(board.lanes) + tier.row_clocks) for one in network.reads())


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
        prediction = predict(compile_network(network, target), target, back_to_back=isinstance(network, TextNetwork))
        clocks, predicted = prediction.clocks_per_step if isinstance(network, TextNetwork) else prediction.clocks, True
    except (CompileError, ValueError):  # either refuses it
        clocks, predicted = clocks_by_rule(network, target, memory=memory), False
    read = network.bytes_read()
    return Cost(memory=memory, table_bytes=table_bytes, bytes_read=read, clocks=clocks, predicted=predicted)
