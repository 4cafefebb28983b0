# amaranth: UnusedElaboratable=no
"""The ECP5's PLL: every ratio that the cell can make is made, and no other; recomputed here from the data sheet's ranges alone."""

import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction as F
from functools import cache
from pathlib import Path

import pytest
from amaranth.back import rtlil

from hdl.board.ecp5.pll import EcpPll, Wanted, settle

MHZ = 1_000_000
TARGETS = sorted({*(F(n, 4) for n in range(13, 1601)), *(F(k * 25, d) for k in range(1, 33) for d in range(1, 60))})


@cache
def products():
    """The pairs of feedback and CLKOP divider by their product."""
    found = {}
    for clkfb in range(1, 129):
        for clkop in range(1, 129):
            found.setdefault(clkfb * clkop, []).append((clkfb, clkop))
    return found


@cache
def oscillators(in_mhz):
    """Of each oscillator frequency (MHz) the dividers CLKI, CLKFB and CLKOP that make it."""
    found = {}
    for clki in range(1, 129):
        detector = F(in_mhz) / clki
        if 10 <= detector <= 400 and 8 <= in_mhz <= 400:
            for product, pairs in products().items():
                if 400 <= detector * product <= 800:
                    found.setdefault(detector * product, set()).update((clki, *pair) for pair in pairs)
    return found


def check(in_mhz, wanted, settings):
    """Recomputes the frequencies and phases of the settings."""
    assert 1 <= settings.clki <= 128 >= settings.clkfb >= 1
    vco = F(in_mhz) / settings.clki * settings.clkfb * settings.outputs["CLKOP"].div
    assert (settings.clki, settings.clkfb, settings.outputs["CLKOP"].div) in oscillators(in_mhz)[vco]
    assert 3.125 <= vco / settings.outputs["CLKOP"].div <= 400
    assert len(settings.names) == len(set(settings.names)) == len(wanted)
    for name, (mhz, degrees) in zip(settings.names, wanted, strict=True):
        output = settings.outputs[name]
        assert vco / output.div == mhz
        assert 1 <= output.div <= 128
        assert 0 <= output.cphase < 128
        assert 0 <= output.fphase < 8
        assert F(8 * (output.cphase - (output.div - 1)) + output.fphase, 8 * output.div) * 360 == degrees


def made(in_mhz, *wanted):
    try:
        settings = settle(in_hz=float(in_mhz * MHZ), wanted=tuple(Wanted(hz=float(mhz * MHZ), degrees=degrees) for mhz, degrees in wanted))
    except ValueError:
        return False
    check(in_mhz, wanted, settings)
    return True


@pytest.mark.parametrize("in_mhz", [7, 8, 10, 12, 25, 100, 401])
def test_one_clock_of_every_frequency(in_mhz):
    """Quarters of a MHz from 3.25 to 400, and of what exact binary fractions of a Hz can say the multiples and fractions of 25 MHz."""
    results = []
    for mhz in TARGETS:
        if F(float(mhz * MHZ)) != mhz * MHZ:
            continue
        possible = 3.125 <= mhz <= 400 and any((vco / mhz).denominator == 1 and vco / mhz <= 128 for vco in oscillators(in_mhz))
        assert made(in_mhz, (mhz, 0)) == possible, mhz
        results.append(possible)
    assert any(results) == (10 <= in_mhz <= 400)
    assert not all(results)


@pytest.mark.parametrize("in_mhz", [12, 25])
def test_two_clocks(in_mhz):
    for core in (12, 25, 36, 40, 48, 50, 60, F(125, 2), 66, 75, 80, 100):
        divided = [vco for vco in oscillators(in_mhz) if (vco / (2 * core)).denominator == 1 and vco / core <= 128]
        assert made(in_mhz, (2 * core, 0), (core, 0)) == bool(divided)


@pytest.mark.parametrize("degrees", [0, 22.5, 45, 90, 135, 180, 270, 337.5, 11.25])
def test_a_shifted_clock(degrees):
    assert made(25, (100, 0), (50, degrees))
    assert made(25, (100, degrees))


def test_a_phase_of_no_eighth_is_refused():
    assert not made(25, (100, 0), (100, 1))


def test_a_wrong_divider_is_seen():
    """The negative control of the recomputation."""
    settings = settle(in_hz=25e6, wanted=(Wanted(hz=100e6), Wanted(hz=50e6)))
    check(25, [(100, 0), (50, 0)], settings)
    for wrong in ([(100, 0), (25, 0)], [(50, 0), (50, 0)], [(100, 0), (50, 90)]):
        with pytest.raises(AssertionError):
            check(25, wrong, settings)


def test_the_settings_of_the_ulx3s():
    settings = settle(in_hz=25e6, wanted=(Wanted(hz=100e6), Wanted(hz=50e6)))
    assert (settings.clki, settings.clkfb, settings.names) == (1, 4, ("CLKOP", "CLKOS"))
    assert [(output.div, output.cphase) for output in settings.outputs.values()] == [(8, 7), (16, 15)]


def test_what_cannot_be_made_is_a_sentence():
    with pytest.raises(ValueError, match=r"^the clocks must be ones that the PLL can make of 2\.5e\+07 Hz, not 4\.7e\+07 Hz, 5e"):
        settle(in_hz=25e6, wanted=(Wanted(hz=47e6), Wanted(hz=50e6, degrees=1)))
    for number in (0, 5):
        with pytest.raises(ValueError, match=f"wanted must be 1..4 clocks, not {number}"):
            settle(in_hz=25e6, wanted=(Wanted(hz=50e6),) * number)


@pytest.mark.parametrize(("mhz", "alone"), [(50, False), (40, True)])
def test_the_cell(mhz, alone):
    """CLKOP is fed back, whether it is asked for or there for that alone."""
    pll = EcpPll(in_hz=25e6, wanted=(Wanted(hz=mhz * 1e6),))
    text = rtlil.convert(pll, ports=[pll.i, *pll.o, pll.locked], name="pll")
    ends = dict(re.findall(r"^    connect \\(CLKOP|CLKOS|CLKFB) (\S+)", text, re.MULTILINE))
    assert ends["CLKFB"] == ends["CLKOP"]
    assert ("CLKOS" in ends) == alone


def test_the_analog_settings_are_those_of_ecppll(tmp_path):
    """Project Trellis' own program, which comes with nextpnr, writes a cell for the same clocks."""
    tool = shutil.which("yowasp-ecppll", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    subprocess.run([tool, *"-i 25 -o 50 --clkout1 100 -f pll.v".split()], cwd=tmp_path, check=True, capture_output=True)
    theirs = dict(re.findall(r'\(\* (\w+)="(\w+)" \*\)', (tmp_path / "pll.v").read_text()))
    pll = EcpPll(in_hz=25e6, wanted=(Wanted(hz=50e6), Wanted(hz=100e6)))
    text = rtlil.convert(pll, ports=[pll.i, *pll.o, pll.locked], name="pll")
    (before,) = re.findall(r"((?:  attribute .*\n)+)  cell \\EHXPLLL ", text)
    ours = dict(re.findall(r'attribute \\(\w+) "(\w+)"', before))
    assert {name: value for name, value in theirs.items() if not name.startswith("FREQUENCY_PIN")} == ours != {}
