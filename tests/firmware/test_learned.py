"""Tables on chip back in a network: whatever a core has made of them is found where it belongs."""

from dataclasses import replace

import numpy as np
import pytest

import boards
from firmware.compiler import compile_network
from firmware.learned import LearnedError, can_learn, with_learned
from firmware.learning import Learning
from firmware.program import Placed
from golden.integer.layer import ENTRY_LIMIT, TableGroup
from golden.integer.network import Network

from .networks import random_network

BOARDS = [replace(boards.get(name), learns=True, tiers=boards.get(name).tiers[:1]) for name in ("icebreaker", "ulx3s_85f")]
SEEDS = range(12)


def changed(network: Network, seed: int) -> Network:
    """Other entries in every output table."""
    rng, output = np.random.default_rng([seed, 5]), network.output
    limit = ENTRY_LIMIT[output.bits]
    groups = tuple(
        TableGroup(
            anchors=group.anchors, tables=np.clip(group.tables + rng.integers(-2, 3, group.tables.shape), -limit, limit).astype(np.int8)
        )
        for group in output.groups
    )
    return network.with_layers(network.layers() | {"output": replace(output, groups=groups)})


def same(one: Network, two: Network) -> bool:
    pairs = zip(one.entries(), two.entries(), strict=True)
    return all(np.array_equal(left, right) and bits == other for (left, bits), (right, other) in pairs)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: f"{board.lanes} lanes")
@pytest.mark.parametrize("kind", ["rnn", "deep"])
def test_what_was_learned_is_found(kind, board):
    seen = set()
    for seed in SEEDS:
        network = random_network(seed, kind=kind, max_n=60)
        program, now = compile_network(network, board), changed(network, seed)
        assert can_learn(program)
        assert same(with_learned(network, program, program.tables), network)
        pieces = compile_network(now, board).tables
        found = with_learned(network, program, pieces)
        assert same(found, now)
        seen.add(network.output.bits)
    assert seen == {4, 8}


def flipped(piece: Placed, at: int) -> Placed:
    data = bytearray(piece.data)
    data[at] ^= 1
    return piece._replace(data=bytes(data))


def test_one_bit_more_is_another_network():
    network = random_network(1, kind="rnn", max_n=60)
    program = compile_network(network, BOARDS[0])
    run = next(run for run in program.runs if run.learn)
    pieces = tuple(flipped(piece, 0) if piece.beat == run.table_base else piece for piece in program.tables)
    assert not same(with_learned(network, program, pieces), network)


def test_a_table_that_does_not_learn_is_refused_with_its_place():
    network = random_network(1, kind="rnn", max_n=60)
    program = compile_network(network, BOARDS[0])
    piece = next(piece for piece in program.tables if piece.beat not in {run.table_base for run in program.runs if run.learn})
    pieces = tuple(flipped(one, 3) if one is piece else one for one in program.tables)
    with pytest.raises(LearnedError, match=f"^byte {piece.beat * 8 + 3:#x} of the tables on chip, which doesn't learn, is not as"):
        with_learned(network, program, pieces)
    with pytest.raises(LearnedError, match=r"must have up to [0-9]+ bytes, not 0$"):
        with_learned(
            network,
            program,
            [piece for piece in program.tables if not any(run.learn and run.table_base == piece.beat for run in program.runs)],
        )


def test_programs_of_other_boards_do_not_learn():
    assert not can_learn(compile_network(random_network(1, kind="rnn", max_n=60), boards.get("icebreaker")))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"step": 0}, "step must be 1..127, not 0"),
        ({"step": 128}, "step must be 1..127, not 128"),
        ({"margin": 0}, "margin must be 1..65535, not 0"),
        ({"margin": 65536}, "margin must be 1..65535, not 65536"),
    ],
)
def test_limits_of_learning(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Learning(**wrong)
