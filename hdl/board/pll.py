"""The iCE40's PLL behind one class: settings worked out from two frequencies.

Ranges: Lattice FPGA-TN-02052, iCE40 sysCLOCK PLL design and usage guide. Reference page: docs/reference/blocks/top.md.
"""

from dataclasses import dataclass

from amaranth.hdl import Const, Instance, IOPort, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

_FILTERS = ((17e6, 1), (26e6, 2), (44e6, 3), (66e6, 4), (101e6, 5), (133e6, 6))  # up to this frequency at the phase detector: this range


@dataclass(frozen=True, kw_only=True)
class PllSettings:
    """Of the feedback path SIMPLE: out = in * (divf + 1) / (divr + 1) / 2^divq."""

    divr: int
    divf: int
    divq: int
    filter_range: int


def settle(*, in_hz: float, out_hz: float) -> PllSettings:
    """Settings that make ``out_hz`` of ``in_hz`` exactly, with the least input divider; ``ValueError`` if there are none."""
    for divr in range(16):
        detector = in_hz / (divr + 1)
        if not 10e6 <= detector <= 133e6:
            continue
        filter_range = next(number for limit, number in _FILTERS if detector <= limit)
        for divq in range(1, 7):
            vco = out_hz * 2**divq
            divf = round(vco / detector) - 1
            if 533e6 <= vco <= 1066e6 and 0 <= divf <= 127 and detector * (divf + 1) == vco:
                return PllSettings(divr=divr, divf=divf, divq=divq, filter_range=filter_range)
    raise ValueError(f"out_hz must be one the PLL can make of {in_hz:g} Hz, not {out_hz:g}")


class SbPll40(wiring.Component):
    """From the clock at ``pad``, where no other buffer may stand, to a global clock: SB_PLL40_PAD; without a pad from ``i``: SB_PLL40_CORE.

    ``double``: SB_PLL40_2F_PAD or _CORE, with a clock beside it that is twice as fast (ports GENCLK_HALF and GENCLK of one oscillator).
    """

    def __init__(self, pad: IOPort | None = None, *, in_hz: float, out_hz: float, double: bool = False) -> None:
        self._pad, self._double = pad, double
        self._settings = settle(in_hz=in_hz, out_hz=2 * out_hz if double else out_hz)
        super().__init__(
            {
                **({} if pad is not None else {"i": In(1)}),  # the clock that comes
                "clk": Out(1),
                **({"fast": Out(1)} if double else {}),  # rises wherever `clk` does, and between
                "locked": Out(1),  # both are stable
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        settings = self._settings
        if self._double:
            outputs = {
                "p_PLLOUT_SELECT_PORTA": "GENCLK",
                "p_PLLOUT_SELECT_PORTB": "GENCLK_HALF",
                "o_PLLOUTGLOBALA": self.fast,
                "o_PLLOUTGLOBALB": self.clk,
            }
        else:
            outputs = {"o_PLLOUTGLOBAL": self.clk}
        m.submodules.cell = Instance(
            f"SB_PLL40_{'2F_' if self._double else ''}{'CORE' if self._pad is None else 'PAD'}",
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=Const(settings.divr, 4),
            p_DIVF=Const(settings.divf, 7),
            p_DIVQ=Const(settings.divq, 3),
            p_FILTER_RANGE=Const(settings.filter_range, 3),
            **({"i_REFERENCECLK": self.i} if self._pad is None else {"i_PACKAGEPIN": self._pad}),
            i_RESETB=Const(1, 1),
            i_BYPASS=Const(0, 1),
            o_LOCK=self.locked,
            **outputs,
        )
        return m
