"""A small text network, and programs with tables in both tiers and a short boot."""

from dataclasses import replace

from firmware.compiler import compile_network
from firmware.program import Placed

from ...firmware.networks import random_network


def small_network():
    """At most 12 neurons, 4 to 10 symbols."""
    network = next(n for n in (random_network(seed, kind="rnn", max_n=12, max_out=10) for seed in range(100)) if n.n_out >= 4)
    return replace(network, symbols=tuple(range(65, 65 + network.n_out)))


def two_tiers(network, size, board, *, far_at=0x40000):
    """The program of ``network`` with ``size`` bytes of the board's own memory, the rest in the far tier, from byte ``far_at`` of a flash's
    image on, so that the boot is short; and zeros in the last beat of the whole of that memory, which int4 rows of the far tier are added
    to."""
    chip, far = board.tiers
    if board.sdram is None:
        far = replace(far, base=board.image_offset + far_at, size=12 << 20)
    small = replace(board, tiers=(replace(chip, size=size), far))
    program = compile_network(network, small)
    zeros = Placed(0, chip.size // board.lanes - 1, bytes(board.lanes))
    return replace(program, tables=tuple(sorted((*program.tables, zeros))))
