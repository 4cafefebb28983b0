"""The ECP5's PLL behind one class: settings worked out from frequencies and phases.

Sources: Lattice FPGA-TN-02200 (ECP5 sysCLOCK PLL/DLL design and usage guide), FPGA-DS-02012 (family data sheet, sysCLOCK PLL timing). For
the phase detector 3.125 and 10 MHz are given as the least; the stricter figure stands here. Reference page: docs/reference/blocks/top.md.
The analog settings are in neither: those of Project Trellis, whose ecppll gives them to every PLL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from amaranth.hdl import Const, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

IN_HZ = (8e6, 400e6)
DETECTOR_HZ = (10e6, 400e6)
VCO_HZ = (400e6, 800e6)
OUT_HZ = (3.125e6, 400e6)
MOST = 128  # of each divider, and of coarse phases
NAMES = ("CLKOP", "CLKOS", "CLKOS2", "CLKOS3")
ANALOG = {"ICP_CURRENT": "12", "LPF_RESISTOR": "8", "MFG_ENABLE_FILTEROPAMP": "1", "MFG_GMCREF_SEL": "2"}
"""Attributes of the cell: charge pump and loop filter. Without them nextpnr leaves all at 0."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A clock of ``hz``, its edges ``degrees`` (0..360) of its period behind those of a clock without shift."""

    hz: float
    degrees: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Divider:
    """Of one output: ``div``, and its phase in whole oscillator periods (``cphase``; ``div`` - 1 is no shift) and eighths (``fphase``)."""

    div: int
    cphase: int
    fphase: int = 0


@dataclass(frozen=True, kw_only=True)
class EcpSettings:
    """With CLKOP fed back, the oscillator runs at in / ``clki`` * ``clkfb`` * the divider of CLKOP, and each output at that over its own.

    ``outputs``: by the cell's names; CLKOP is always there. ``names``: the outputs that were asked for, in order.
    """

    clki: int
    clkfb: int
    outputs: Mapping[str, Divider]
    names: tuple[str, ...]


def settle(*, in_hz: float, wanted: tuple[Wanted, ...]) -> EcpSettings:
    """Settings that make all of ``wanted`` (1..4) exactly, with the least input divider and then the fastest oscillator; ``ValueError`` if
    there are none. CLKOP is the first clock, where that divides the feedback, else the feedback's alone."""
    if not 1 <= len(wanted) <= len(NAMES):
        raise ValueError(f"wanted must be 1..{len(NAMES)} clocks, not {len(wanted)}")
    whole = Fraction(in_hz)
    possible = IN_HZ[0] <= in_hz <= IN_HZ[1] and all(OUT_HZ[0] <= one.hz <= OUT_HZ[1] and 0 <= one.degrees < 360 for one in wanted)
    for clki in range(1, MOST + 1) if possible else ():
        detector = whole / clki
        if not DETECTOR_HZ[0] <= detector <= DETECTOR_HZ[1]:
            continue
        for times in range(int(VCO_HZ[1] / detector), ceil(VCO_HZ[0] / detector) - 1, -1):
            if found := _outputs(detector * times, times, wanted):
                outputs, names = found
                return EcpSettings(clki=clki, clkfb=times // outputs["CLKOP"].div, outputs=outputs, names=names)
    clocks = ", ".join(f"{one.hz:g} Hz" + (f" at {one.degrees:g} degrees" if one.degrees else "") for one in wanted)
    raise ValueError(f"the clocks must be ones that the PLL can make of {in_hz:g} Hz, not {clocks}")


def _outputs(vco: Fraction, times: int, wanted: tuple[Wanted, ...]) -> tuple[dict[str, Divider], tuple[str, ...]] | None:
    """The outputs for an oscillator at ``vco`` Hz, ``times`` the phase detector's clock, and the names of those that were wanted."""
    dividers = [_divider(vco, one) for one in wanted]
    made = [divider for divider in dividers if divider is not None]
    if len(made) < len(dividers):
        return None
    if _feeds_back(times, made[0].div):
        names = NAMES[: len(made)]
        return dict(zip(names, made, strict=True)), names
    feedback = next((div for div in range(MOST, 0, -1) if _feeds_back(times, div) and OUT_HZ[0] <= vco / div <= OUT_HZ[1]), None)
    if feedback is None or len(made) == len(NAMES):
        return None
    names = NAMES[1 : len(made) + 1]
    return {"CLKOP": Divider(div=feedback, cphase=feedback - 1), **dict(zip(names, made, strict=True))}, names


def _feeds_back(times: int, div: int) -> bool:
    return times % div == 0 and times // div <= MOST


def _divider(vco: Fraction, one: Wanted) -> Divider | None:
    div = vco / Fraction(one.hz)
    eighths = div * 8 * Fraction(one.degrees) / 360
    if div.denominator != 1 or div > MOST or eighths.denominator != 1:
        return None
    coarse, fine = divmod(int(eighths), 8)
    cphase = int(div) - 1 + coarse
    return Divider(div=int(div), cphase=cphase, fphase=fine) if cphase < MOST else None


class EcpPll(wiring.Component):
    """EHXPLLL: from the clock ``i`` to those ``wanted``, o[0], o[1] and so on.

    Clocks without a shift whose frequencies are multiples of each other rise together.
    """

    def __init__(self, *, in_hz: float, wanted: tuple[Wanted, ...]) -> None:
        self._settings = settle(in_hz=in_hz, wanted=wanted)
        super().__init__(
            {
                "i": In(1),
                "o": Out(1).array(len(wanted)),
                "locked": Out(1),  # all are stable
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        settings = self._settings
        clocks = {"CLKOP": Signal(name="feedback"), **dict(zip(settings.names, self.o, strict=True))}
        parameters: dict[str, object] = {}
        outputs = {}
        for name, divider in settings.outputs.items():
            parameters |= {
                f"p_{name}_ENABLE": "ENABLED",
                f"p_{name}_DIV": divider.div,
                f"p_{name}_CPHASE": divider.cphase,
                f"p_{name}_FPHASE": divider.fphase,
            }
            outputs[f"o_{name}"] = clocks[name]
        m.submodules.cell = Instance(
            "EHXPLLL",
            p_CLKI_DIV=settings.clki,
            p_CLKFB_DIV=settings.clkfb,
            p_FEEDBK_PATH="CLKOP",
            **parameters,
            **{f"a_{name}": value for name, value in ANALOG.items()},
            i_CLKI=self.i,
            i_CLKFB=clocks["CLKOP"],
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(0),
            i_PHASESTEP=Const(0),
            i_PHASELOADREG=Const(0),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            o_LOCK=self.locked,
            **outputs,
        )
        return m
