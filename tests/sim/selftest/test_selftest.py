"""The self-test on the simulated board: passes, names a bit that is flipped in a table, and reads back what the memories hold."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import boards
import firmware.selftest
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.image.image import write_image
from polychron.network import load
from sim.compare.expected import Golden
from sim.compare.summands import summands
from sim.machines.board import BoardSimulation
from sim.machines.preload import TABLES
from sim.selftest.readback import Readback
from sim.selftest.selftest import SelfTest
from sim.selftest.tables import holder, sums

from ...firmware.networks import random_network
from ...firmware.transformers import random_transformer

BOARD = boards.get("icebreaker")


class Bench:
    """A network on a simulated board, loaded."""

    def __init__(self, network, record=BOARD):
        self.network, self.program = network, compile_network(network, record)
        image = write_image(self.program)
        self.board = BoardSimulation(BOARD, program=self.program, image=image)
        self.device = Device(Host(self.board.transport()), image)
        self.device.load()

    def test(self, *, vectors, seed=1):
        return SelfTest(self.device, self.network, self.program, vectors=vectors, seed=seed)

    def flip(self, piece, byte, bit):
        """One bit of a table in the simulated memory."""
        beats = self.board.sim.memory("core." + TABLES)
        at = 8 * piece.beat + byte
        beats.reshape(len(beats), -1)[at // 8, at % 8 // 4] ^= 1 << 8 * (at % 4) + bit

    def close(self):
        self.board.close()


def on_chip(program):
    return [piece for piece in program.tables if piece.tier == 0]


def rings(program):
    """The beats of index caches, which steps write."""
    runs = [run for run in program.runs if run.mode == isa.Mode.QUERY]
    return {64 * (run.side + table // 4) + position for run in runs for table in range(run.count) for position in range(32)}


NETWORKS = {
    "rnn": lambda: random_network(1, kind="rnn", max_n=16, max_out=12),
    "deep": lambda: random_network(4, kind="deep", max_n=16, max_out=12),
    "signal": lambda: random_network(6, kind="signal", max_n=16, max_out=12),
    "transformer": lambda: random_transformer(2),
    "keys behind a part": lambda: random_transformer(0, blocks=2),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_it_passes_and_counts_every_latency_of_every_op(kind):
    with closing(Bench(NETWORKS[kind]())) as bench:
        test, done = bench.test(vectors=3), []
        outcome = test.run(progress=done.append)
        assert outcome.difference is None
        writes = test._ops
        assert len(writes) >= (2 if kind in ("rnn", "deep", "signal") else 3)
        assert outcome.compared == 3 * (sum(len(write.addresses) for write in writes) + 1)
        assert done == list(range(1, test.steps + 1))
        assert outcome.table_bytes == sum(len(piece.data) for piece in on_chip(bench.program)) - 8 * len(rings(bench.program))
        assert {write.stage for write in writes} == {bench.program.meta.placement.runs[write.run].stage for write in writes}


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_flipped_bit_is_named(kind):
    with closing(Bench(NETWORKS[kind]())) as bench:
        piece = max((piece for piece in bench.program.tables if piece.tier == 0), key=lambda piece: len(piece.data))
        for byte in range(0, len(piece.data), 8):  # whichever rows the vectors meet: one of a beat is enough
            bench.flip(piece, byte, 6)
        outcome = bench.test(vectors=4).run()
        assert outcome.difference is not None
        assert "golden says" in outcome.difference
        assert "op " in outcome.difference
        assert "neuron" in outcome.difference
        assert "is damaged in memory: byte" in outcome.difference


def test_the_table_is_the_one_that_was_damaged():
    """One bit of one row that the first step reads: op, neuron, table and byte are those. The op is named by its last run."""
    with closing(Bench(NETWORKS["rnn"]())) as bench:
        test = bench.test(vectors=2)
        write = Golden(bench.network, bench.program).step(test._vectors[0])[-1]
        row = next(row for row in summands(bench.network, bench.program, write) if row.size >= 8 and row.stage.work.value == "hidden")
        piece = next(piece for piece in bench.program.tables if piece.tier == 0)
        bench.flip(piece, row.address - 8 * piece.beat, 5)
        difference = test.run().difference
        assert difference.startswith("step 0, op embed, neuron ")
        assert f"{row} is damaged in memory: byte {row.address} is " in difference


@pytest.mark.parametrize("kind", [kind if kind == "deep" else pytest.param(kind, marks=pytest.mark.slow) for kind in NETWORKS])
def test_a_bit_that_no_vector_meets_is_named(kind):
    """Bits all over the pieces, their first and last bytes among them: the tables alone are compared."""
    rng = np.random.default_rng(3)
    with closing(Bench(NETWORKS[kind]())) as bench:
        tables = bench.test(vectors=1)._tables
        assert tables.damage() is None
        for piece in on_chip(bench.program):
            held = [byte for byte in range(len(piece.data)) if piece.beat + byte // 8 not in rings(bench.program)]
            for byte in {held[0], held[-1], int(rng.choice(held))}:
                bit = int(rng.integers(8))
                bench.flip(piece, byte, bit)
                damage = tables.damage()
                bench.flip(piece, byte, bit)
                was = piece.data[byte]
                assert damage.endswith(f" is damaged in memory: byte {8 * piece.beat + byte} is {was ^ 1 << bit:#04x}, not {was:#04x}")
        assert tables.damage() is None


def test_a_damaged_byte_is_named_by_its_table():
    """A byte of a row of each table: holder() says the table that golden's rows are taken from."""
    with closing(Bench(NETWORKS["transformer"]())) as bench:
        test = bench.test(vectors=6)
        golden = Golden(bench.network, bench.program)
        writes = [write for given in test._vectors for write in golden.step(given)]
        rows = [row for write in writes for row in summands(bench.network, bench.program, write) if row.tier == 0]
        assert {row.stage.work.value for row in rows} == {"output", "embed", "part"}
        for row in rows:
            assert holder(bench.program, row.address) == str(replace(row, distance=0))


@given(st.sets(st.integers(0, 5000)), st.integers(1, 31))
def test_every_row_is_in_one_sum(rows, most):
    found = []
    for starts, step in sums(rows, most):
        assert 1 <= len(starts) <= most
        assert step < 256
        assert all(start & step == 0 and start + step == start | step for start in starts)
        found += [start + step for start in starts]
    assert sorted(found) == sorted(rows)


@pytest.mark.parametrize("tier", [0, 1])
def test_memories_are_read_back(tier):
    record = BOARD if tier == 0 else replace(BOARD, tiers=(replace(BOARD.tiers[0], size=256), BOARD.tiers[1]))
    with closing(Bench(random_network(1, kind="rnn", max_n=16, max_out=12), record)) as bench:
        read = Readback(bench.device.host, bench.program)
        piece = next(piece for piece in bench.program.tables if piece.tier == tier)
        size = min(len(piece.data), 100)
        assert read(tier, 8 * piece.beat + 3, size - 3) == piece.data[3:size]
        if tier == 0:
            bench.flip(piece, 5, 7)
            assert read(tier, 8 * piece.beat + 3, size - 3) != piece.data[3:size]
            bench.flip(piece, 5, 7)
        bench.device.load()


def test_a_board_works_again_when_it_is_loaded():
    with closing(Bench(NETWORKS["rnn"]())) as bench:
        bench.test(vectors=2).run()
        assert bench.device.host.hello().signature != bench.device.signature
        bench.device.load()
        bench.device.reset()
        first = bench.device.host.step(8)
        bench.device.reset()
        bench.device.set_sampler()
        assert bench.device.host.step(8) == first


@pytest.mark.slow
@pytest.mark.parametrize("name", ["transformer", "digits", "best-5m"])
def test_networks_that_ship(name):
    """The transformer's anchor words are replaced within a step."""
    with closing(Bench(load(name).integer)) as bench:
        assert bench.test(vectors=3).run().difference is None


def test_command(capsys, tmp_path):
    network = load("shakespeare")
    assert firmware.selftest.main(["--port", "simulated", "--network", "shakespeare", "--vectors", "1"]) == 0
    n, n_out = network.integer.n, network.integer.n_out
    places = compile_network(network.integer, BOARD).meta.placement.neurons
    latencies = sum(map(len, places)) + n_out + 1
    assert n <= sum(map(len, places))
    assert (
        capsys.readouterr().out == f"shakespeare: equal to the golden model, {latencies} latencies and symbols, 131,072 bytes of tables\n"
    )


def test_a_board_that_is_wrong_ends_with_1(capsys, monkeypatch):
    class Wrong(BoardSimulation):
        def _preload(self, program):
            super()._preload(program)
            self.sim.memory("core." + TABLES)[:] ^= np.uint32(1)

    monkeypatch.setattr("sim.machines.board.BoardSimulation", Wrong)
    assert firmware.selftest.main(["--port", "simulated", "--network", "shakespeare", "--vectors", "1"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("shakespeare: DIFFERENT: step 0, op embed, neuron ")
    assert "is damaged in memory" in out
