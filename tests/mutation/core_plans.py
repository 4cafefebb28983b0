"""Which networks the core's mutants must compute: random ones of the ordinary tests, and those that use the widths to their top bits."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from firmware.compiler import compile_network
from firmware.program import Program
from firmware.sampling import Sampling
from golden.integer.deep import DeepNetwork
from golden.integer.layer import ENTRY_LIMIT, Layer, TableGroup
from golden.integer.network import Network
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.transformer import TransformerNetwork

from ..firmware.flashed import WITH_FLASH, small_board
from ..firmware.networks import random_network
from ..firmware.transformers import BlockShape, random_block, spread
from .core_sessions import BOARD, Plan


def layer(rng: np.random.Generator, *, n: int, n_out: int, tables: int, pairs: int, bits: int = 8) -> Layer:
    """One group of so many tables."""
    limit = ENTRY_LIMIT[bits]
    first = rng.integers(0, n, (tables, pairs))
    anchors = np.stack([first, (first + rng.integers(1, n, first.shape)) % n], axis=2).astype(np.int16)
    rows = rng.integers(-limit, limit + 1, (tables, 1 << pairs, n_out)).astype(np.int8)
    return Layer(groups=(TableGroup(anchors=anchors, tables=rows),), bits=bits)


def wide(number: int, *, bits: int, n: int = 250) -> Network:
    """Layers up to the store's last words; inputs near the limits, so that residuals saturate."""
    rng = np.random.default_rng([number, 11])
    hidden = (layer(rng, n=n, n_out=n, tables=2, pairs=2, bits=bits),)
    output = layer(rng, n=n, n_out=250, tables=2, pairs=2, bits=bits)
    return DeepNetwork(n=n, hidden=hidden, output=output, constants=np.zeros(0, np.int16))


def many_symbols(number: int) -> Network:
    rng = np.random.default_rng([number, 12])
    embed = rng.integers(-7, 8, (250, 8)).astype(np.int8)
    hidden, output = (layer(rng, n=8, n_out=size, tables=3, pairs=3, bits=8) for size in (8, 250))
    return RecurrentNetwork(n=8, hidden=(hidden,), output=output, embed=embed, embed_bits=4)


def many_tables(number: int) -> Network:
    """More indices than the queue has room for, made faster than their rows are added."""
    rng = np.random.default_rng([number, 13])
    output = layer(rng, n=32, n_out=32, tables=340, pairs=1, bits=4)
    return DeepNetwork(n=32, hidden=(), output=output, constants=np.zeros(0, np.int16))


def attentive(number: int, *, heads: int, n_t: int, n_q: int, n_k: int, p: int) -> TransformerNetwork:
    """A block of so many heads, of tables that have so many bits of query, key and position."""
    rng = np.random.default_rng([number, 16])
    shape = BlockShape(parts=(heads,), n_t=n_t, n_q=n_q, n_k=n_k, p=p, shared=False, feed=False)
    return TransformerNetwork(
        n=8,
        blocks=(random_block(rng, shape, n=8, context=12),),
        output=layer(rng, n=8, n_out=9, tables=3, pairs=3),
        embed=rng.integers(-7, 8, (9, 8)).astype(np.int8),
        embed_bits=4,
        embed_shift=2,
    )


def far_apart(number: int) -> Network:
    """Inputs up to the store's last words, compared with each other."""
    rng = np.random.default_rng([number, 15])
    output = layer(rng, n=1900, n_out=8, tables=60, pairs=4)
    return DeepNetwork(n=1900, hidden=(), output=output, constants=np.zeros(0, np.int16))


def long_indices(number: int, pairs: int) -> Network:
    rng = np.random.default_rng([number, 14])
    output = layer(rng, n=30, n_out=8, tables=1, pairs=pairs)
    return DeepNetwork(n=30, hidden=(), output=output, constants=np.zeros(0, np.int16))


def sampled(program: Program, number: int) -> Program:
    """In one of the sampler's three modes, in turn."""
    if not (mode := number % 3):
        return program
    table = np.random.default_rng(number).integers(-0x8000, 0x8000, 256).astype(np.int16)
    k = 0 if mode == 1 else 1 + number % 8
    mask = (15, 255)[number % 2]
    return replace(program, sampling=Sampling(jittered=True, k=k, jitter=table, seed=0x9E3779B9 * (number + 1) % (1 << 32), mask=mask))


def plans() -> Sequence[Plan]:
    """In the order in which mutants meet them."""
    found = []
    for number in range(8):
        network = random_network(number, kind=("rnn", "deep", "rnn", "signal")[number % 4], max_n=16, max_out=40)
        program = sampled(compile_network(network, BOARD), number)
        aborted = 20 + number if network.kind == "rnn" and not number % 3 else 0
        found.append(Plan(f"{network.kind} {number}", network, program, 3, number, together=number % 8 == 2, aborted=aborted))
    for number, network in enumerate([many_symbols(1), wide(1, bits=8), wide(2, bits=4), many_tables(1), far_apart(1)]):
        steps = 16 if network.kind == "rnn" else 4
        found.append(Plan(f"limits {number}", network, sampled(compile_network(network, BOARD), number), steps, number))
    for number in range(4):
        network = random_network(number, kind=("rnn", "deep")[number % 2], max_n=24, max_out=24)
        program = compile_network(
            network, small_board(256, base=(0x140000, 0x340000)[number % 2] + 8 * number, offset=WITH_FLASH.image_offset)
        )
        found.append(Plan(f"flash {network.kind} {number}", network, program, 2, number, pace=1 + number // 2, together=number < 2))
    for number in range(40):
        network, board = spread(number, share=number % 2, base=0x140000 + 8 * number, offset=WITH_FLASH.image_offset)
        program = compile_network(network, board)
        if sum(len(piece.data) for piece in program.tables if piece.tier == 0) > 1 << 13:
            continue  # takes too long to load
        flash = any(run.tier for run in program.runs)
        found.append(Plan(f"transformer {number}", network, program, 6 if flash else 36, number, together=number % 4 == 1))
        if len(found) == 24:
            break
    for number in range(4):
        network = attentive(number, heads=2, n_t=3, n_q=1, n_k=1, p=3)
        found.append(Plan(f"attentive {number}", network, compile_network(network, BOARD), 16, number, late=number > 1))
    far: list[tuple[str, Network, int]] = [
        ("long indices", long_indices(1, 15), 64),
        ("long rows", wide(3, bits=8, n=800), 64),
        ("long keys", attentive(4, heads=1, n_t=1, n_q=5, n_k=6, p=4), 1 << 13),
    ]
    for name, network, size in far:
        program = compile_network(network, small_board(size, base=0x140008, offset=WITH_FLASH.image_offset))
        found.append(Plan(name, network, program, 4 if network.kind == "deep" else 30, 1))
    return found
