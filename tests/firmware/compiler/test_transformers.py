"""Compiled transformers, run by the interpreter of the instruction set past the end of the ring, against the golden model."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards import Board
from firmware import isa
from firmware.compiler import CompileError, compile_network
from firmware.estimate import estimate
from firmware.image.image import read_image, write_image
from firmware.isa import Mode
from firmware.program import Program
from golden.integer.transformer import TransformerNetwork

from ..execution import first_difference
from ..flashed import ICEBREAKER, small_board
from ..networks import random_layer
from ..transformers import BlockShape, lean_anchors, paper_shaped, random_block, spread

STEPS = 42  # a ring has 32 entries


@settings(max_examples=20, derandomize=True)
@given(seed=st.integers(0, 1 << 32))
def test_every_step_equals_golden(seed: int) -> None:
    network, board = spread(seed)
    program = read_image(write_image(compile_network(network.validate(), board)))
    assert len(program.anchors) <= board.anchor_words
    assert first_difference(network, program, seed=seed, steps=STEPS, size=board.tiers[0].size) is None


@pytest.mark.slow
def test_many_equal_golden() -> None:
    for seed in range(1000, 1600):
        network, board = spread(seed)
        program = compile_network(network, board)
        assert first_difference(network, program, seed=seed, steps=STEPS, size=board.tiers[0].size) is None, seed


def test_random_transformers_use_every_kind_of_run() -> None:
    """What the tests above cover."""
    seen: Counter[str] = Counter()
    for seed in range(24):
        network, board = spread(seed)
        program = compile_network(network, board)
        stages = [str(origin.stage) for origin in program.meta.placement.runs]
        attend = [run for run in program.runs if run.mode == Mode.ATTEND]
        seen["copied"] += any(run.mode == Mode.ANCHORS for run in program.runs)
        seen["some kept"] += 0 < sum(run.mode == Mode.ANCHORS for run in program.runs) < len(network.blocks)
        seen["flash"] += any(run.tier for run in attend)
        seen["parted"] += any(count > 1 and ".part." in stage for stage, count in Counter(stages).items())
        seen["pairs of runs"] += any(count > 1 and stage.endswith("query") for stage, count in Counter(stages).items())
        seen["parts"] += any(stage.endswith("part.1") for stage in stages)
        seen["shared"] += any(head.shared for block in network.blocks for head in block.heads)
        seen["attention alone"] += any(block.feed is None for block in network.blocks)
        seen["second columns"] += any(len(addresses) > 1 for addresses in program.meta.placement.neurons)
        for run in attend:
            seen[f"int4 {run.int4}, odd {run.count % 2}, tier {run.tier}"] += 1
    assert len(seen) == 9 + 8
    assert min(seen.values()) >= 1, seen


@pytest.mark.parametrize("comparators", [1, 4])
@pytest.mark.parametrize("seed", range(6))
def test_other_numbers_of_comparators(seed: int, comparators: int) -> None:
    network, board = spread(seed, comparators=comparators)
    program = read_image(write_image(compile_network(network, board)))
    assert first_difference(network, program, seed=seed, steps=STEPS, size=board.tiers[0].size) is None


def changed(program: Program, beat: int, *, byte: int = 0, bit: int = 0) -> Program:
    """``program`` with one bit of tier 0 flipped."""
    pieces = []
    for piece in program.tables:
        at = (beat - piece.beat) * 8 + byte
        if piece.tier == 0 and 0 <= at < len(piece.data):
            data = bytearray(piece.data)
            data[at] ^= 1 << bit
            piece = piece._replace(data=bytes(data))
        pieces.append(piece)
    assert pieces != list(program.tables)
    return replace(program, tables=tuple(pieces))


def one_block(*, context: int = 32, n_q: int = 2, n_t: int = 3, parts: tuple[int, ...] = (2,), blocks: int = 1) -> TransformerNetwork:
    rng = np.random.default_rng(1)
    shape = {"parts": parts, "n_t": n_t, "n_q": n_q, "n_k": 2, "p": 2, "shared": False, "feed": True}
    made = tuple(random_block(rng, BlockShape(**shape), n=8, context=context) for _ in range(blocks))  # type: ignore[arg-type]
    embed = rng.integers(-127, 128, (5, 8)).astype(np.int8)
    output = random_layer(rng, n=8, n_out=5)
    return TransformerNetwork(n=8, blocks=made, output=output, embed=embed)


def run_of(program: Program, mode: Mode) -> isa.Run:
    return next(run for run in program.runs if run.mode == mode)


def test_a_flipped_bit_is_found_where_it_acts() -> None:
    """The negative controls: position bits, rows of attention, copied anchors."""
    network = one_block(blocks=2)
    program = compile_network(network, replace(ICEBREAKER, anchor_words=lean_anchors(compile_network(network, ICEBREAKER))))
    attend, copy, key = run_of(program, Mode.ATTEND), run_of(program, Mode.ANCHORS), run_of(program, Mode.KEY)

    def difference(program: Program) -> str | None:
        return first_difference(network, program, seed=1, steps=STEPS)

    assert difference(program) is None
    first = isa.SIDE_BEATS * attend.side + isa.CONTEXT
    assert key.row_log2 == 2
    near = difference(changed(program, first, byte=0, bit=4))  # the lowest position bit of distance 1: query and key take four
    assert near is not None
    assert near.startswith("step 1: ")
    far = difference(changed(program, first + isa.CONTEXT - 2, byte=0, bit=4))  # of distance 31
    assert far is not None
    assert int(far.split(":")[0].removeprefix("step ")) >= 31
    ring = changed(program, first - isa.CONTEXT)
    assert difference(ring) is None  # what a ring holds at first is never read
    table = replace(program, tables=tuple(_low_bits(piece) if piece.beat == attend.table_base else piece for piece in program.tables))
    assert str(difference(table)).startswith("step 1: ")
    assert any(difference(changed(program, copy.table_base + word)) for word in range(4))  # the bank that slot 0 reads


def _low_bits(piece):
    return piece._replace(data=bytes(byte ^ 1 for byte in piece.data))


def test_the_paper_s_size_takes_every_instruction() -> None:
    network = paper_shaped().validate()
    program = compile_network(network, ICEBREAKER)
    assert len(program.runs) == 32
    assert program.meta.placement.state_words == 4  # no neuron has a second column
    assert sum(run.mode == Mode.ANCHORS for run in program.runs) == 6
    assert len(program.anchors) <= 512
    attend = [run for run in program.runs if run.mode == Mode.ATTEND]
    assert [(run.tier, run.count, run.n_out) for run in attend] == [(1, 64, 31)] * 6
    rows = sum(run.count * run.n_out for run in attend)
    assert rows == 11_904
    assert estimate(program, ICEBREAKER).tiers[1].clocks < 36e6 / 60


def test_the_order_of_a_block_s_runs() -> None:
    """Query, key, attend, feed of each block after the unembedder and the embedder; the last one ends."""
    program = compile_network(one_block(n_t=4, parts=(2, 1), blocks=2), ICEBREAKER)
    modes = [run.mode for run in program.runs]
    feeds = Counter(str(origin.stage) for origin in program.meta.placement.runs)
    block = [Mode.QUERY, Mode.KEY, Mode.ATTEND, Mode.ATTEND]
    rows = [mode for mode in modes if mode != Mode.ROWS]
    assert rows == block + block
    attend = [run for run in program.runs if run.mode == Mode.ATTEND]
    assert [(run.count, run.n_out, run.first, run.last, run.residual) for run in attend] == [(8, 31, 1, 1, 1), (4, 31, 1, 1, 1)] * 2
    assert [run.side - attend[0].side for run in attend[:2]] == [0, 2]
    assert [run.sync for run in program.runs if run.mode == Mode.QUERY] == [True, True]
    assert feeds["blocks.0.feed"] >= 1
    assert [run.end for run in program.runs] == [False] * (len(modes) - 1) + [True]


def test_shared_queries_and_keys_are_made_of_the_same_words() -> None:
    network = one_block()
    heads = tuple(replace(head, key=head.query) for head in network.blocks[0].heads)
    network = replace(network, blocks=(replace(network.blocks[0], heads=heads),))
    program = compile_network(network, ICEBREAKER)
    query, key = run_of(program, Mode.QUERY), run_of(program, Mode.KEY)
    assert (query.anchor_base, query.anchor_len) == (key.anchor_base, key.anchor_len)
    assert first_difference(network, program, seed=1, steps=STEPS) is None


def refused(network: TransformerNetwork, board: Board = ICEBREAKER) -> str:
    with pytest.raises(CompileError) as caught:
        compile_network(network, board)
    return str(caught.value)


def test_refusals() -> None:
    assert refused(one_block(context=33)) == "the context is 33 positions, the core's index cache has room for 32"
    assert refused(one_block(n_q=8)) == "blocks.0 has 8 query pairs a table, the core's limit is 7"
    assert compile_network(one_block(n_q=7), ICEBREAKER)
    assert refused(one_block(context=2, n_t=65, parts=(2, 2))) == (
        "blocks.0 needs 264 query indices for its 260 tables (by 4, part after part), the core keeps 256"
    )
    many = refused(one_block(context=2, blocks=11))
    assert many.endswith("instructions, icebreaker has 32: the program memory is full")
    network = one_block(blocks=2)
    full = compile_network(network, ICEBREAKER)
    words = lean_anchors(full)
    assert compile_network(network, replace(ICEBREAKER, anchor_words=words))
    message = refused(network, replace(ICEBREAKER, anchor_words=words - 1))
    assert message.startswith("blocks.")
    assert f"for the output and an empty one, icebreaker has {words - 1}: the anchor memory is full" in message


def test_what_must_lie_on_chip() -> None:
    network = one_block(n_t=9, blocks=2)  # 18 tables: five side blocks each
    assert refused(network, small_board(4096)) == (
        "the network needs 5.0 KiB for what must lie on chip (blocks.0.side 2.5 KiB, blocks.1.side 2.5 KiB), "
        "icebreaker has 4.0 KiB of RAM, 1.0 KiB too few: tier RAM is full"
    )
    chip = replace(ICEBREAKER, tiers=(replace(ICEBREAKER.tiers[0], size=4096),))
    message = refused(network, chip)
    assert re.search(r"the largest of \d+ are .*blocks\.0\.part\.0 ", message)
    assert re.search(r"icebreaker has 4\.0 KiB, \d+\.\d KiB too few: tier SPRAM is full$", message)


def test_side_blocks_lie_where_a_run_can_name_them() -> None:
    tier = replace(ICEBREAKER.tiers[0], size=262_144)
    message = refused(one_block(n_t=5, n_q=7), replace(ICEBREAKER, tiers=(tier,)))
    assert message.startswith("the index cache would reach to side block ")
    assert message.endswith(", the core's limit is 255 (the first 128 KiB)")


def test_the_knapsack_weighs_attention_by_its_context() -> None:
    """Of a short and a long context, tables of the same size: those read more often lie on chip."""
    near = []
    for context in (2, 32):
        network = one_block(context=context, n_t=8)
        board = small_board(16 * 512 + 4096)
        program = compile_network(network, board)
        runs = [run for run in program.runs if run.mode == Mode.ATTEND and run.tier == 0]
        near.append(sum(run.count for run in runs))
    assert near[0] <= near[1]
    assert near[1] > 0
