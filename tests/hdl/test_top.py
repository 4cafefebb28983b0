# amaranth: UnusedElaboratable=no
"""PLL settings against the ranges of the data sheet, and the top on the iCEBreaker's pins."""

import re
import warnings

import pytest
from amaranth_boards.icebreaker import ICEBreakerPlatform

import boards
from hdl.pll import PllSettings, settle
from hdl.top import Top


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


@pytest.fixture(scope="module")
def plan():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ICEBreakerPlatform().prepare(Top(boards.get("icebreaker")), "top")


def test_pins(plan):
    placed = dict(re.findall(r"set_io (\S+) (\d+)", plan.files["top.pcf"]))
    assert sorted(map(int, placed.values())) == [6, 9, 11, 12, 13, 14, 15, 16, 17, 35, 37]
    assert "set_frequency pll.clk 36.0" in plan.files["top.pcf"]


def test_cells(plan):
    text = plan.files["top.il"]
    assert len(re.findall(r"cell \\SB_PLL40_PAD", text)) == 1
    assert len(re.findall(r"cell \\SB_SPRAM256KA", text)) == 4
    assert len(re.findall(r"cell \\SB_IO", text)) == 10  # every pin but the PLL's
    assert "$mul" not in text
    assert "SB_MAC16" not in text


def test_a_board_without_a_known_tier_is_refused():
    from dataclasses import replace

    board = boards.get("icebreaker")
    with pytest.raises(ValueError, match="tiers of a board must begin with one of spram, bram, not 'paper'"):
        Top(replace(board, tiers=(replace(board.tiers[0], kind="paper"),)))
