"""Compiled programs, run by a tiny interpreter of the instruction set, against the golden model's integers."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import boards
from boards import Board
from firmware import isa
from firmware.compiler import CompileError, compile_network
from firmware.compiler.stages.stages import make_stages
from firmware.compiler.store.schedule import ideal_words
from firmware.jitter import JitterError, jitter_table
from firmware.program import Program
from golden.integer.deep import DeepNetwork
from golden.integer.layer import Layer, TableGroup
from golden.integer.network import Network
from golden.integer.recurrent import RecurrentNetwork

from ..execution import first_difference
from ..networks import random_layer, random_network

ICEBREAKER = boards.get("icebreaker")


def ideal(network: Network) -> int:
    return sum(ideal_words(g.n_t, g.n_c, 2) for layer in (*network.hidden, network.output) for g in layer.groups)


def shaped(seed: int, *, n: int, n_t: int, n_c: int, out_t: int, out_c: int, n_out: int) -> Network:
    """A recurrent network of one group a layer, int4."""
    rng = np.random.default_rng(seed)

    def layer(n_t: int, n_c: int, columns: int) -> Layer:
        a = rng.integers(0, n, (n_t, n_c))
        b = (a + rng.integers(1, n, (n_t, n_c))) % n
        tables = rng.integers(-7, 8, (n_t, 1 << n_c, columns)).astype(np.int8)
        return Layer(groups=(TableGroup(anchors=np.stack([a, b], axis=2).astype(np.int16), tables=tables),), bits=4)

    embed = rng.integers(-7, 8, (n_out, n)).astype(np.int8)
    return RecurrentNetwork(n=n, hidden=(layer(n_t, n_c, n),), output=layer(out_t, out_c, n_out), embed=embed, embed_bits=4)


@settings(max_examples=200, derandomize=True)
@given(seed=st.integers(0, 1 << 32))
def test_every_latency_equals_golden(seed: int) -> None:
    network = random_network(seed)
    program = compile_network(network, ICEBREAKER)
    assert first_difference(network, program, seed=seed) is None
    assert len(program.anchors) >= ideal(network)


@pytest.mark.parametrize("seed", range(20))
def test_one_comparator(seed: int) -> None:
    network = random_network(seed)
    program = compile_network(network, replace(ICEBREAKER, comparators=1))
    assert first_difference(network, program, seed=seed) is None
    assert len(program.anchors) == sum(g.n_t * g.n_c for layer in (*network.hidden, network.output) for g in layer.groups)


@pytest.mark.parametrize("kind", ["deep", "rnn"])
def test_a_flipped_table_bit_is_found(kind: str) -> None:
    network = random_network(5, kind=kind)
    program = compile_network(network, ICEBREAKER)
    # the embedder and the hidden layers stand first or last; flip every entry's low bit of one whole run
    piece = program.tables[0]
    broken = replace(program, tables=(piece._replace(data=bytes(byte ^ 1 for byte in piece.data)), *program.tables[1:]))
    assert first_difference(network, program, seed=1) is None
    assert first_difference(network, broken, seed=1) is not None


@pytest.mark.parametrize("seed", range(3))
def test_text_shape_makes_indices_faster_than_rows(seed: int) -> None:
    network = shaped(seed, n=256, n_t=16, n_c=5, out_t=32, out_c=5, n_out=64)
    program = compile_network(network, ICEBREAKER)
    for run in program.runs:
        assert run.anchor_len <= run.count * run.row_beats * 4 // 5
    assert len(program.anchors) <= ideal(network) * 5 // 4
    assert len(program.runs) == 3
    assert [run.sync for run in program.runs] == [True, False, False]
    assert [run.token for run in program.runs] == [False, False, True]
    assert [(run.first, run.last) for run in program.runs] == [(True, True), (True, False), (False, True)]
    assert program.meta.placement.state_words == 32


@pytest.mark.parametrize(("n_t", "n_c", "n_ref"), [(36, 6, 8), (104, 5, 0), (64, 5, 4), (128, 7, 8)])
def test_inputs_of_the_host_have_no_bubble(n_t: int, n_c: int, n_ref: int) -> None:
    rng = np.random.default_rng(n_t)
    n = (784 if n_c == 7 else 64) + n_ref
    a = rng.integers(0, n, (n_t, n_c))
    b = np.where(rng.random((n_t, n_c)) < 0.5, n - 1, (a + rng.integers(1, n, (n_t, n_c))) % n)  # half of the pairs watch one neuron
    a = np.where(a == b, (b + 1) % n, a)
    tables = rng.integers(-7, 8, (n_t, 1 << n_c, 10)).astype(np.int8)
    output = Layer(groups=(TableGroup(anchors=np.stack([a, b], axis=2).astype(np.int16), tables=tables),), bits=4)
    network = DeepNetwork(n=n, hidden=(), output=output, constants=np.arange(n_ref).astype(np.int16))
    program = compile_network(network, ICEBREAKER)
    assert len(program.anchors) == ideal(network)
    assert first_difference(network, program, seed=n_t) is None


@pytest.mark.parametrize("n", [9, 12, 16, 24])
def test_every_pair_watched_needs_second_columns(n: int) -> None:
    """All n (n - 1) / 2 pairs: no order of the columns suits them, some neurons get two."""
    rng = np.random.default_rng(n)
    pairs = np.array([(a, b) for a in range(n) for b in range(a)], np.int16)
    pairs = rng.permutation(pairs)[: len(pairs) // 2 * 2].reshape(-1, 2, 2)
    tables = rng.integers(-7, 8, (len(pairs), 4, n)).astype(np.int8)
    hidden = Layer(groups=(TableGroup(anchors=pairs, tables=tables),), bits=8)
    network = DeepNetwork(n=n, hidden=(hidden,), output=random_layer(rng, n=n, n_out=3))
    program = compile_network(network, ICEBREAKER)
    assert any(len(addresses) > 1 for addresses in program.meta.placement.neurons)
    assert first_difference(network, program, seed=n) is None


def test_quiet_neurons_get_no_column() -> None:
    rng = np.random.default_rng(0)
    hidden = random_layer(rng, n=24, n_out=24, bits=8)
    for group in hidden.groups:
        group.tables[:, :, 16:] = 0
    network = DeepNetwork(n=24, hidden=(hidden,), output=random_layer(rng, n=24, n_out=4), constants=np.arange(8).astype(np.int16))
    program = compile_network(network, ICEBREAKER)
    assert program.meta.placement.state_words == 2
    assert first_difference(network, program, seed=3) is None


def test_same_inputs_same_program() -> None:
    network = random_network(11)
    first, second = compile_network(network, ICEBREAKER), compile_network(network, ICEBREAKER)
    assert first.runs == second.runs
    assert first.anchors == second.anchors
    assert first.tables == second.tables
    assert first.meta == second.meta


def test_runs_split_to_fill_a_tier() -> None:
    """The smallest tier that takes the network takes it in more pieces than there are layers."""
    network = shaped(1, n=16, n_t=1, n_c=5, out_t=4, out_c=2, n_out=33)
    used = sum(len(piece.data) for piece in compile_network(network, ICEBREAKER).tables)
    program = next(program for size in range(used, used + 1024, 32) if (program := _compile_into(network, size)) is not None)
    assert len(program.runs) > 3
    assert first_difference(network, program, seed=1) is None


def _compile_into(network: Network, size: int) -> Program | None:
    try:
        return compile_network(network, replace(ICEBREAKER, tiers=(replace(ICEBREAKER.tiers[0], size=size),)))
    except CompileError:
        return None


def refused(network: Network, board: Board = ICEBREAKER) -> str:
    with pytest.raises(CompileError) as caught:
        compile_network(network, board)
    return str(caught.value)


def test_too_many_tables() -> None:
    message = refused(shaped(0, n=256, n_t=16, n_c=6, out_t=32, out_c=5, n_out=64), replace(ICEBREAKER, tiers=ICEBREAKER.tiers[:1]))
    assert message == (
        "the network needs 168.0 KiB for its tables (output 32.0 KiB (32.0 KiB of entries), hidden.0 128.0 KiB (128.0 KiB of entries), "
        "embed 8.0 KiB (8.0 KiB of entries)), icebreaker has 128.0 KiB, 40.0 KiB too few: tier SPRAM is full"
    )


def test_too_many_anchor_words() -> None:
    message = refused(shaped(0, n=32, n_t=200, n_c=3, out_t=180, out_c=3, n_out=8))
    assert message == "the network needs 570 anchor words, icebreaker has 512: the anchor memory is full"


def test_too_many_instructions() -> None:
    board = replace(ICEBREAKER, program_instructions=2)
    message = refused(shaped(0, n=32, n_t=2, n_c=3, out_t=2, out_c=3, n_out=8), board)
    assert message == "the network needs 3 instructions, icebreaker has 2: the program memory is full"


def test_too_many_neurons() -> None:
    rng = np.random.default_rng(0)
    wide = DeepNetwork(n=3000, hidden=(), output=random_layer(rng, n=3000, n_out=2))
    assert refused(wide) == "n is 3000, icebreaker has room for 2040 latencies: the latency store is full"
    outputs = DeepNetwork(n=10, hidden=(), output=random_layer(rng, n=10, n_out=257))
    assert refused(outputs) == "n_out is 257, the core's limit is 256"
    hidden = random_layer(rng, n=2030, n_out=2030, bits=8)
    deep = DeepNetwork(n=2030, hidden=(hidden,), output=random_layer(rng, n=10, n_out=9, bits=8))
    assert refused(deep) == "the layers need 256 accumulator words, the core has 255: the accumulators are full"


def test_hidden_layers_of_zeros_are_refused() -> None:
    network = random_network(1)
    layers = [replace(layer, groups=[replace(g, tables=np.zeros_like(g.tables)) for g in layer.groups]) for layer in network.hidden]
    with pytest.raises(CompileError, match=r"^hidden layers must change a neuron, all their table entries are 0$"):
        compile_network(replace(network, hidden=tuple(layers)), ICEBREAKER)


def test_registers() -> None:
    network = random_network(1)
    program = compile_network(network, ICEBREAKER, seed=0xDEADBEEF, k=8)
    assert (program.sampling.seed, program.sampling.k, program.sampling.jittered) == (0xDEADBEEF, 8, False)
    with pytest.raises(CompileError, match=r"^seed must be 1\.\.4294967295, not 0$"):
        compile_network(network, ICEBREAKER, seed=0)
    with pytest.raises(CompileError, match=r"^k must be 0\.\.8, not 9$"):
        compile_network(network, ICEBREAKER, k=9)
    with pytest.raises(CompileError, match=r"^comparators must be one of 1, 2, 4, not 8$"):
        compile_network(network, replace(ICEBREAKER, comparators=8))
    with pytest.raises(CompileError, match=r"^lanes of icebreaker must be 8 with a tier in SPRAM, not 16$"):
        compile_network(network, replace(ICEBREAKER, lanes=16))


def test_temperature() -> None:
    network = random_network(1, kind="rnn")
    program = compile_network(network, ICEBREAKER, temperature=0.5, k=4)
    low, high = program.meta.placement.output_range
    table, mask = jitter_table(temperature=0.5, out_frac=network.out_frac, outputs=(low, high))
    assert program.sampling.jitter is not None
    assert np.array_equal(program.sampling.jitter, table)
    assert (program.sampling.jittered, program.sampling.mask, program.sampling.k) == (True, mask, 4)
    with pytest.raises(JitterError, match=r"^temperature must be above 0, not -1\.0$"):
        compile_network(network, ICEBREAKER, temperature=-1.0)


def test_instruction_words_round_trip() -> None:
    program: Program = compile_network(random_network(3), ICEBREAKER)
    assert tuple(isa.Run.decode(run.encode()) for run in program.runs) == program.runs


def test_a_network_of_another_kind():
    other = SimpleNamespace(kind="tree")
    with pytest.raises(CompileError, match=r"^the compiler knows no networks of kind tree$"):
        make_stages(other, isa.Width())
