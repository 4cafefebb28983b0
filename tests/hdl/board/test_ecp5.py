# amaranth: UnusedElaboratable=no
"""The top on the ULX3S's pins: what is connected to what, and what its flash must not be asked."""

import re
import warnings
from dataclasses import replace

import pytest

import boards
from hdl.board.ecp5.top import EcpTop
from hdl.board.pins import make_platform

BOARD = boards.get("ulx3s_85f")


def plan_of(board):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = make_platform(board).prepare(EcpTop(board), "top").files
    return files["top.lpf"], files["top.il"]


@pytest.fixture(scope="module")
def plan():
    return plan_of(BOARD)


def cells_of(text, kind):
    return re.findall(rf"cell \\{kind} .*?\n  end\n", text, re.DOTALL)


def test_pins(plan):
    """Those of the schematic's flash.sch; MCLK has no pin of its own."""
    constraints, _ = plan
    pins = dict(re.findall(r'LOCATE COMP "(\S+)" SITE "(\w+)"', constraints))
    assert pins == {
        "clk25_0__io": "G2",
        "uart_0__tx__io": "L4",
        "uart_0__rx__io": "M1",
        "led_0__io": "B2",
        "led_1__io": "C2",
        "pin_L2_0__io": "L2",
        "quad_flash_0__cs__io": "R2",
        "quad_flash_0__dq__io[0]": "W2",
        "quad_flash_0__dq__io[1]": "V2",
        "quad_flash_0__dq__io[2]": "Y2",
        "quad_flash_0__dq__io[3]": "W1",
    }
    assert re.findall(r'FREQUENCY PORT "clk25_0__io" ([\d.]+) HZ', constraints) == ["25000000.0"]


SERIAL = {"serial_flash_0__cs": "N8", "serial_flash_0__dq__io[0]": "T8", "serial_flash_0__dq__io[1]": "T7"}
SITES = {
    "colorlight_5a75b_v7": {"clk25_0": "P6", "serial_0__rx": "M13", "serial_0__tx": "P11", "header_0__r0": "F3", "header_0__g0": "F1"},
    "colorlight_5a75b_v8": {"clk25_0": "P6", "serial_0__rx": "R7", "serial_0__tx": "T6", "header_0__r0": "C4", "header_0__g0": "D4"},
    "orangecrab_25f": {"clk_0": "A9", "feather_uart_0__rx": "N17", "feather_uart_0__tx": "M18", "rgb_led_0__g": "M3", "rgb_led_0__r": "K4"},
}


@pytest.mark.parametrize("name", SITES)
def test_pins_of_boards_without_a_flash_tier(name):
    board = boards.get(name)
    constraints, text = plan_of(board)
    found = {pin.removesuffix("__io"): site for pin, site in re.findall(r'LOCATE COMP "(\S+)" SITE "(\w+)"', constraints)}
    assert found == SITES[name] | (SERIAL if board.flash else {})
    assert len(cells_of(text, "USRMCLK")) == bool(board.flash)
    assert len(cells_of(text, "BB")) == (2 if board.flash else 0)


def test_cells(plan):
    _, text = plan
    (pll,) = cells_of(text, "EHXPLLL")
    found = dict(re.findall(r"parameter \\(\w+) (?:signed )?(\S+)", pll))
    names = ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV", "CLKOS_DIV", "CLKOS2_DIV")  # 25 MHz, times 32, and of that 80 and 160 MHz
    assert [found[name] for name in names] == ["1", "1", "32", "10", "5"]
    (mclk,) = cells_of(text, "USRMCLK")
    assert "'" not in "".join(re.findall(r"connect .*", mclk))  # neither input is a constant
    counts = {kind: len(cells_of(text, kind)) for kind in ("IFS1P3DX", "OFS1P3DX", "BB", "OBZ", "IB")}
    assert counts == {"IFS1P3DX": 4, "OFS1P3DX": 4 + 4 + 2, "BB": 4, "OBZ": 5, "IB": 2}
    (high,) = re.findall(r"module \\top\.high_L2\n.*?\nend\n", text, re.DOTALL)
    assert re.search(r"cell \$xor .*connect \\A 1'1\n    connect \\B 1'0\n    connect \\Y \\o\n", high, re.DOTALL)
    assert "$mul" not in text


def test_a_board_without_flash_leaves_its_pins_alone():
    constraints, text = plan_of(replace(BOARD, tiers=BOARD.tiers[:1]))
    assert "quad_flash" not in constraints
    assert cells_of(text, "USRMCLK") == []
    (pll,) = cells_of(text, "EHXPLLL")
    assert "CLKOS_DIV" in pll
    assert "CLKOS2" not in pll


def test_a_byte_a_clock_is_refused():
    with pytest.raises(ValueError, match=r"^the flash of the board ulx3s_85f can only be read with nibble, not with byte$"):
        boards.flash_mode(BOARD, "byte")
    wrong = replace(BOARD, tiers=(BOARD.tiers[0], replace(BOARD.tiers[1], byte_clocks=1)))
    with pytest.raises(ValueError, match=r"^the flash of ulx3s_85f must be read with nibble: the pads"):
        EcpTop(wrong)
