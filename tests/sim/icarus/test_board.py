"""The whole board-level design in Icarus Verilog, up to its IO cells: the tests are in cocotb_board.py."""

from dataclasses import replace
from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

import boards
from firmware.compiler import compile_network
from firmware.image.image import write_image
from golden.integer.file import save_network
from hdl.board.system import System
from sim.compiled.build import SimulationError
from sim.machines.icarus import run_cocotb

from ...firmware.networks import random_network

BOARD = boards.flash_mode(boards.get("icebreaker"), "nibble")  # one clock
GAP_BITS = 12  # the silence that ends a bad frame: 4,096 clocks instead of 65,536
BIT_CLOCKS = 9  # of the UART: 4 Mbaud instead of 1 (the compiled board is tested at the board's own times)


class Blank(wiring.Component):
    """A clock and nothing else."""

    count: Out(8)

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.count.eq(self.count + 1)
        return m


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small text network with 8 neurons, and its image of 2 KB."""
    folder = tmp_path_factory.mktemp("board")
    network = next(n for n in (random_network(seed, kind="rnn", max_n=12, max_out=10) for seed in range(100)) if n.n_out >= 4)
    network = replace(network, symbols=tuple(range(65, 65 + network.n_out)))
    save_network(network, folder / "small.safetensors")
    image = write_image(compile_network(network, BOARD))
    assert len(image) < 8192
    (folder / "image.bin").write_bytes(image)
    return {
        "BOARD_NETWORK": str(folder / "small.safetensors"),
        "BOARD_IMAGE": str(folder / "image.bin"),
        "BOARD_BIT_CLOCKS": str(BIT_CLOCKS),
    }


@pytest.mark.parametrize("test", ["answers_a_garbled_frame", "runs_preloaded"])
def test_board(test, files, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    system = System(BOARD, loaded=True, gap_bits=GAP_BITS, bit_clocks=BIT_CLOCKS)
    run_cocotb(system, module="cocotb_board", folder=tmp_path, test=test, env=files)


def test_a_missing_simulator_fails(tmp_path, monkeypatch, bench_class):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SimulationError, match="install the Debian package iverilog"):
        run_cocotb(bench_class(), module="cocotb_board", folder=tmp_path)


def test_a_failing_test_is_told(tmp_path, monkeypatch, files):
    """The negative control: the board's tests on a design that is no board."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    with pytest.raises(SimulationError, match=r"a cocotb test of cocotb_board failed: .*flash__io_i"):
        run_cocotb(Blank(), module="cocotb_board", folder=tmp_path, test="runs_preloaded", env=files)
