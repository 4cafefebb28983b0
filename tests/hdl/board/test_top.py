# amaranth: UnusedElaboratable=no
"""PLL settings against the ranges of the data sheet, and the top on the iCEBreaker's pins."""

import re
import warnings
from dataclasses import replace

import pytest
from amaranth_boards.icebreaker import ICEBreakerPlatform
from amaranth_boards.icesugar import ICESugarPlatform
from amaranth_boards.upduino_v3 import UpduinoV3Platform

import boards
from boards.icebreaker import FLASH
from hdl.board.pll import PllSettings, settle
from hdl.board.top import Top


@pytest.mark.parametrize(("in_hz", "out_hz"), [(12e6, 36e6), (12e6, 48e6), (12e6, 42e6), (25e6, 50e6), (48e6, 24e6), (100e6, 30e6)])
def test_pll_settings(in_hz, out_hz):
    settings = settle(in_hz=in_hz, out_hz=out_hz)
    detector = in_hz / (settings.divr + 1)
    vco = detector * (settings.divf + 1)
    assert vco / 2**settings.divq == out_hz
    assert 10e6 <= detector <= 133e6
    assert 533e6 <= vco <= 1066e6
    assert 0 <= settings.divr < 16
    assert 0 <= settings.divf < 128
    assert 1 <= settings.divq <= 6


def test_the_settings_of_the_icebreaker():
    """As icepll gives them for 12 and 36 MHz."""
    assert settle(in_hz=12e6, out_hz=36e6) == PllSettings(divr=0, divf=47, divq=4, filter_range=1)


@pytest.mark.parametrize(("in_hz", "out_hz"), [(12e6, 36.001e6), (12e6, 5e6), (12e6, 600e6), (5e6, 36e6)])
def test_what_the_pll_cannot_make_is_refused(in_hz, out_hz):
    with pytest.raises(ValueError, match="out_hz must be one the PLL can make"):
        settle(in_hz=in_hz, out_hz=out_hz)


BOARD = boards.get("icebreaker")
BOARD = replace(BOARD, tiers=(*(tier for tier in BOARD.tiers if tier.kind != "qspi"), FLASH))


def plan_of(board, platform=ICEBreakerPlatform):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = platform().prepare(Top(board), "top").files
    return files["top.pcf"], files["top.il"]


@pytest.fixture(scope="module", params=["byte", "nibble"])
def plan(request):
    return request.param, *plan_of(boards.flash_mode(BOARD, request.param))


def pins_of(constraints):
    return sorted(map(int, re.findall(r"set_io \S+ (\d+)", constraints)))


def cells_of(text, kind):
    """The parameters and connections of every cell of a kind."""
    return re.findall(rf"cell \\{kind} .*?\n  end\n", text, re.DOTALL)


def test_pins(plan):
    mode, constraints, _ = plan
    assert pins_of(constraints) == [6, 9, 11, 12, 13, 14, 15, 16, 17, 35, 37]
    assert dict(re.findall(r"set_frequency pll\.(\w+) ([\d.]+)", constraints)) == (
        {"clk": "36.0", "fast": "72.0"} if mode == "byte" else {"clk": "36.0"}
    )


def test_cells(plan):
    mode, _, text = plan
    plls = {kind: len(cells_of(text, kind)) for kind in ("SB_PLL40_PAD", "SB_PLL40_2F_PAD")}
    assert plls == ({"SB_PLL40_PAD": 0, "SB_PLL40_2F_PAD": 1} if mode == "byte" else {"SB_PLL40_PAD": 1, "SB_PLL40_2F_PAD": 0})
    assert len(cells_of(text, "SB_SPRAM256KA")) == 4
    assert len(cells_of(text, "SB_IO")) == 10  # every pin but the PLL's
    assert "$mul" not in text
    assert "SB_MAC16" not in text


def test_io_cells_of_the_flash(plan):
    """PIN_TYPE of the iCE40's library: output kind (4 bits), input kind (2 bits); all registered but the UART and the LEDs."""
    _, _, text = plan
    types = sorted(re.findall(r"PIN_TYPE 6'(\d+)", text))
    plain, plain_input, registered, ddr, ddr_both = "101001", "000001", "110101", "110001", "110000"
    assert types == sorted([plain] * 3 + [plain_input] + [registered, ddr] + [ddr_both] * 4)


def test_the_fast_clock_is_the_undivided_output(plan):
    mode, _, text = plan
    if mode == "byte":
        (pll,) = cells_of(text, "SB_PLL40_2F_PAD")
        assert re.search(r'parameter \\PLLOUT_SELECT_PORTA "GENCLK"\n', pll)
        assert re.search(r'parameter \\PLLOUT_SELECT_PORTB "GENCLK_HALF"\n', pll)
        assert re.search(r"parameter \\DIVQ 3'011", pll)  # 576 MHz / 8


def test_every_signal_has_a_name(plan):
    """Waveforms are read by name; Amaranth calls a signal without one $signal, which VCD writers refuse."""
    _, _, text = plan
    modules = re.findall(r"^module \\top\.system\.(?:link|loader|flash|receiver|transmitter)\b.*?^end$", text, re.DOTALL | re.MULTILINE)
    assert len(modules) >= 15
    assert [name for module in modules for name in re.findall(r"^  wire .*?(\\\$\S+|\\signature__\S+)$", module, re.MULTILINE)] == []


def test_a_board_without_flash_leaves_its_pins_alone():
    without = replace(BOARD, tiers=BOARD.tiers[:1])
    assert pins_of(plan_of(without)[0]) == [6, 9, 11, 35, 37]


def test_pins_of_the_icesugar():
    constraints, _ = plan_of(boards.get("icesugar"), ICESugarPlatform)
    assert pins_of(constraints) == [4, 6, 12, 13, 14, 15, 16, 17, 35, 40, 41]


def test_the_upduino_is_wired_as_its_record_says():
    """Its oscillator is not at the PLL's pad, the UART at the flash's lines, and CS# is kept high."""
    constraints, text = plan_of(boards.get("upduino_v3"), UpduinoV3Platform)
    pins = dict(re.findall(r"set_io (\S+) (\d+)", constraints))
    assert pins.pop("clk12_0__io") == "20"
    assert set(pins.values()) == {"14", "15", "16", "39", "41"}
    (pll,) = cells_of(text, "SB_PLL40_CORE")
    assert "PACKAGEPIN" not in pll
    pads = {pin: cell for cell in cells_of(text, "SB_IO") for pin in re.findall(r"pin_(\d+)_0__io", cell)}
    assert {pin: re.search(r"PIN_TYPE 6'(\d+)", cell)[1] for pin, cell in pads.items()} == {"14": "101001", "15": "000001", "16": "101001"}
    assert re.search(r"connect \\D_OUT_0 1'1\n", pads["16"])


def test_a_board_without_a_known_tier_is_refused():
    with pytest.raises(ValueError, match="tiers of a board must begin with one of spram, bram, not 'paper'"):
        Top(replace(BOARD, tiers=(replace(BOARD.tiers[0], kind="paper"),)))
