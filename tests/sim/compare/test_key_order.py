"""Keys made behind the rows of attention, at the edge of the rule: still equal to golden, where every key is made of the state before."""

from dataclasses import replace

import numpy as np
import pytest

import boards
from firmware.compiler import compile_network
from firmware.isa import Mode
from golden.integer.transformer import TransformerNetwork
from hdl.board.parts import core_params
from sim.machines.session import CoreSession

from ...firmware.networks import random_layer
from ...firmware.transformers import BlockShape, random_block

BOARD = boards.get("icebreaker")
PARAMS = replace(core_params(BOARD), far_bytes=0)


def network_of(*, tables: int, key_pairs: int, n: int = 16) -> TransformerNetwork:
    """One block without feed-forward layer; what it writes back is what the next step's keys would be mistaken for."""
    rng = np.random.default_rng([tables, key_pairs])
    block = random_block(rng, BlockShape(parts=(1,), n_t=tables, n_q=1, n_k=key_pairs, p=1, shared=False, feed=False), n=n, context=6)
    embed = rng.integers(-7, 8, (8, n)).astype(np.int8)
    return TransformerNetwork(n=n, blocks=(block,), output=random_layer(rng, n=n, n_out=8), embed=embed, embed_bits=8)


@pytest.mark.parametrize(
    ("tables", "key_pairs", "behind"),
    [(1, 4, True), (1, 8, True), (1, 9, False), (2, 8, True), (2, 9, False), (3, 4, True), (6, 3, True)],
)
def test_order(tables: int, key_pairs: int, *, behind: bool) -> None:
    network = network_of(tables=tables, key_pairs=key_pairs)
    program = compile_network(network, BOARD)
    modes = [run.mode for run in program.runs]
    assert (modes.index(Mode.KEY) > modes.index(Mode.ATTEND)) == behind
    session = CoreSession(network, program, params=PARAMS)
    try:
        steps = [number % 8 for number in range(12)]
        assert len(list(session.run(steps))) == len(steps), session.difference
    finally:
        session.close()
