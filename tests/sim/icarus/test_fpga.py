"""The whole FPGA as it is built, PLL, IO cells and SPRAMs included, with the flash chip at its pins, in Icarus Verilog: the tests are in
cocotb_fpga.py."""

from dataclasses import replace
from pathlib import Path

import pytest

import boards
from firmware.image.image import write_image
from golden.integer.file import load, save_network
from hdl.board.ecp5.top import EcpTop
from hdl.board.pins import make_platform
from hdl.board.top import Top
from sim.machines.icarus import flat_verilog, run_cocotb
from sim.netlist.ecp5 import models as ecp5_models
from sim.netlist.ice40.models import CELLS, PINS

from .two_tiers import small_network, two_tiers

HERE = Path(__file__).parent
ICE40 = replace(boards.get("icebreaker"), uart_baud=4_000_000)
ECP5 = boards.get("ulx3s_85f")
SDRAM = boards.get("ulx3s_85f_sdram")
# yosys has no models of the PLL: sim/netlist/ice40/pins.v brings its own
PLLS = " ".join(f" chtype -set SIM_{cell} t:SB_{cell};" for cell in ("PLL40_PAD", "PLL40_2F_PAD"))
PAPER = HERE.parents[2] / "golden/networks/paper-rnn.safetensors"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small text network, most of its tables in flash."""
    folder = tmp_path_factory.mktemp("fpga")
    network = small_network()
    save_network(network, folder / "small.safetensors")
    made = {}
    for board in (ICE40, ECP5, SDRAM):
        image = folder / f"{board.name}.bin"
        image.write_bytes(write_image(two_tiers(network, 24 * board.lanes, board)))
        made[board.name] = {"FPGA_NETWORK": str(folder / "small.safetensors"), "FPGA_IMAGE": str(image)}
    return made


def fpga_verilog(board, top, **options):
    """What is built for ``board``, before synthesis: a flat module ``top`` with the board's pins."""
    text = make_platform(board).prepare(top(board), "top").files["top.il"]
    return flat_verilog(text if isinstance(text, str) else text.decode(), **options)


def run(mode, test, folder, files, monkeypatch, *, out, back):
    """``mode``: how the flash of an iCE40 board is clocked; "ecp5", "sdram": the other family, without and with its SDRAM."""
    monkeypatch.syspath_prepend(str(HERE))
    if mode in ("ecp5", "sdram"):
        board = ECP5 if mode == "ecp5" else SDRAM
        cells = [HERE / "ecp5_pads.v", ecp5_models.CELLS]
        sources = [ecp5_models.PINS, *cells, fpga_verilog(board, EcpTop, keep="USRMCLK")]
    else:
        board = boards.flash_mode(ICE40, mode)
        sources = [PINS, fpga_verilog(board, Top, extra=PLLS), CELLS]
    env = files[board.name] | {"FPGA_BOARD": board.name, "FPGA_BAUD": str(board.uart_baud), "FPGA_OUT": str(out), "FPGA_BACK": str(back)}
    run_cocotb(
        sources, module="cocotb_fpga", folder=folder, toplevel="bench", test=test, env=env, defines=["SDRAM"] if board is SDRAM else []
    )


MORE = [
    pytest.param(*case, marks=pytest.mark.slow)
    for case in (("nibble", 1, 1), ("byte", 9_500, 7_500), ("ecp5", 7_000, 6_000), ("sdram", 4_000, 2_000), ("sdram", 2_000, 7_000))
]


@pytest.mark.parametrize(("mode", "out", "back"), [("byte", 4_000, 3_000), ("ecp5", 4_000, 2_000), *MORE])
def test_runs_from_flash(mode, out, back, files, tmp_path, monkeypatch):
    run(mode, "runs_from_flash", tmp_path, files, monkeypatch, out=out, back=back)


WRONG = [
    pytest.param("byte", "refuses_a_damaged_image", marks=pytest.mark.slow),
    ("byte", "finds_a_changed_table"),
    ("ecp5", "refuses_a_damaged_image"),
    pytest.param("ecp5", "finds_a_changed_table", marks=pytest.mark.slow),
    pytest.param("sdram", "refuses_a_damaged_image", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("mode", "test"), WRONG)
def test_finds_what_is_wrong(mode, test, files, tmp_path, monkeypatch):
    run(mode, test, tmp_path, files, monkeypatch, out=3_000, back=2_000)


@pytest.mark.slow
def test_runs_the_papers_network(tmp_path, monkeypatch):
    image = tmp_path / "image.bin"
    image.write_bytes(write_image(two_tiers(load(PAPER), 64, ICE40)))
    files = {ICE40.name: {"FPGA_NETWORK": str(PAPER), "FPGA_IMAGE": str(image)}}
    run("byte", "runs_from_flash", tmp_path, files, monkeypatch, out=4_000, back=3_000)
