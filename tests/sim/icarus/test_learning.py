"""A board that learns in Icarus Verilog, up to its IO cells: the test is in cocotb_learning.py."""

from dataclasses import replace
from pathlib import Path

import pytest

import boards
from firmware.compiler import compile_network
from firmware.image.image import write_image
from firmware.program import Program
from golden.integer.file import save_network
from hdl.board.system import System
from sim.compiled.build import SimulationError
from sim.machines.icarus import run_cocotb

from ...firmware.networks import random_network
from .test_board import BIT_CLOCKS, GAP_BITS

BOARD = replace(boards.flash_mode(boards.get("icebreaker"), "nibble"), learns=True)  # one clock
NETWORK = random_network(38, kind="rnn", max_n=12, max_out=12)  # 3 output tables of int4, 6 symbols; an image of 1.6 KB
PROGRAM = compile_network(NETWORK, BOARD, seed=7, temperature=1.0)
POWER = 1


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *, program: Program = PROGRAM, step: int = 1 << POWER) -> None:
    """The test of cocotb_learning.py, on a board that is given ``program`` and told ``step``."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    save_network(NETWORK, folder / "small.safetensors")
    (folder / "image.bin").write_bytes(write_image(program))
    env = {
        "BOARD_NETWORK": str(folder / "small.safetensors"),
        "BOARD_IMAGE": str(folder / "image.bin"),
        "BOARD_BIT_CLOCKS": str(BIT_CLOCKS),
        "BOARD_STEP": str(step),
        "BOARD_POWER": str(POWER),
    }
    run_cocotb(System(BOARD, gap_bits=GAP_BITS, bit_clocks=BIT_CLOCKS), module="cocotb_learning", folder=folder, env=env)


def test_a_text_is_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, monkeypatch)


def test_a_flipped_bit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bit of the last table, in an image whose CRCs are right."""
    piece = PROGRAM.tables[-1]
    wrong = piece._replace(data=bytes([piece.data[0] ^ 1, *piece.data[1:]]))
    with pytest.raises(SimulationError, match=rf"AssertionError: word {4 * piece.beat}: \w{{4}} instead of "):
        run(tmp_path, monkeypatch, program=replace(PROGRAM, tables=(*PROGRAM.tables[:-1], wrong)))


@pytest.mark.slow
def test_another_step_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SimulationError, match=r"AssertionError: word \d+: \w{4} instead of "):
        run(tmp_path, monkeypatch, step=1)
