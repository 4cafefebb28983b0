"""Parts of SDRAM: sizes and times. Plain data, chosen by a board's tier."""

from dataclasses import dataclass

SDRAM_BANKS = 4


@dataclass(frozen=True, kw_only=True)
class SdramPart:
    """A single-data-rate SDRAM of four banks, read with a CAS latency of 3. Times are in picoseconds, named as in the data sheets (JEDEC).

    ``bits``: DQ lines; ``row_bits``, ``column_bits``: of an address; ``refreshes``: AUTO REFRESH commands that are needed in ``t_ref``.

    Of the master: ``t_ck`` (shortest period at CAS latency 3), ``t_ch``, ``t_cl`` (clock high, low), ``t_is``, ``t_ih`` (set-up and hold of
    command, address and data), ``t_rcd`` (ACTIVATE to READ or WRITE), ``t_rp`` (PRECHARGE to ACTIVATE), ``t_ras`` and ``t_ras_max``
    (ACTIVATE to PRECHARGE), ``t_rc`` (ACTIVATE to ACTIVATE of one bank), ``t_rfc`` (AUTO REFRESH to any command), ``t_rrd`` (ACTIVATE to
    ACTIVATE of another bank), ``t_wr`` (last data written to PRECHARGE), ``t_mrd`` (clocks, LOAD MODE REGISTER to any command),
    ``t_start`` (power and clock stable to the first PRECHARGE).

    Of the chip, at CAS latency 3: a word is valid from ``t_ac`` after the clock that launches it until ``t_oh`` after the next one;
    the lines are driven from ``t_lz`` after the first, and let go between ``t_oh`` and ``t_hz`` after the clock that ends the last.
    """

    name: str
    bits: int
    row_bits: int
    column_bits: int
    t_ck: int
    t_ch: int
    t_cl: int
    t_is: int
    t_ih: int
    t_rcd: int
    t_rp: int
    t_ras: int
    t_ras_max: int
    t_rc: int
    t_rfc: int
    t_rrd: int
    t_wr: int
    t_mrd: int
    t_start: int
    t_ac: int
    t_oh: int
    t_lz: int
    t_hz: int
    refreshes: int = 8192
    t_ref: int = 64_000_000_000

    @property
    def size(self) -> int:
        """Bytes."""
        return (4 << self.row_bits + self.column_bits) * self.bits // 8


IS42S16160G_7 = SdramPart(
    name="IS42S16160G-7",
    bits=16,
    row_bits=13,
    column_bits=9,
    t_ck=7_000,
    t_ch=2_500,
    t_cl=2_500,
    t_is=1_500,
    t_ih=800,
    t_rcd=15_000,
    t_rp=15_000,
    t_ras=37_000,
    t_ras_max=100_000_000,
    t_rc=60_000,
    t_rfc=70_000,
    t_rrd=14_000,
    t_wr=14_000,
    t_mrd=2,
    t_start=100_000_000,
    t_ac=5_400,
    t_oh=2_500,
    t_lz=0,
    t_hz=5_400,
)
"""ISSI, "IS42S83200G, IS42S16160G", revision F (2013), AC electrical characteristics, grade -7; t_wr is tDPL there, t_mrd 14 ns. t_oh is
that of its successor IS42S16160J (revision B, 2015; 2.7 ns here). AUTO REFRESH to any command is given tXSR; tRC (REF to REF) is 60 ns."""


MT48LC16M16A2_7E = SdramPart(
    name="MT48LC16M16A2-7E",
    bits=16,
    row_bits=13,
    column_bits=9,
    t_ck=7_000,
    t_ch=2_500,
    t_cl=2_500,
    t_is=1_500,
    t_ih=800,
    t_rcd=15_000,
    t_rp=15_000,
    t_ras=37_000,
    t_ras_max=120_000_000,
    t_rc=60_000,
    t_rfc=66_000,
    t_rrd=14_000,
    t_wr=14_000,
    t_mrd=2,
    t_start=100_000_000,
    t_ac=5_400,
    t_oh=3_000,
    t_lz=1_000,
    t_hz=5_400,
)
"""Micron, "256Mb: x4, x8, x16 SDRAM", revision W (2015), table 12, grade -7E: t_oh is that with the load at which t_ac holds (tOH, not
tOHn), t_wr that before PRECHARGE. After a write with auto precharge the table asks for a clock and 7 ns, which the next clock after 14 ns
gives."""


AS4C32M16SB_7 = SdramPart(
    name="AS4C32M16SB-7",
    bits=16,
    row_bits=13,
    column_bits=10,
    t_ck=7_000,
    t_ch=2_500,
    t_cl=2_500,
    t_is=1_500,
    t_ih=800,
    t_rcd=21_000,
    t_rp=21_000,
    t_ras=42_000,
    t_ras_max=120_000_000,
    t_rc=63_000,
    t_rfc=63_000,
    t_rrd=14_000,
    t_wr=14_000,
    t_mrd=2,
    t_start=200_000_000,
    t_ac=5_400,
    t_oh=2_500,
    t_lz=0,
    t_hz=5_400,
)
"""Alliance Memory, "AS4C32M16SB", revision 1.0 (2016), table 16 (electrical characteristics and recommended AC operating conditions), grade
-7; t_mrd is 14 ns there, two clocks; t_start from note 11."""

EM638325_6 = SdramPart(
    name="EM638325-6",
    bits=32,
    row_bits=11,
    column_bits=8,
    t_ck=6_000,
    t_ch=2_500,
    t_cl=2_500,
    t_is=1_500,
    t_ih=1_000,
    t_rcd=18_000,
    t_rp=18_000,
    t_ras=42_000,
    t_ras_max=100_000_000,
    t_rc=60_000,
    t_rfc=60_000,
    t_rrd=12_000,
    t_wr=12_000,
    t_mrd=2,
    t_start=200_000_000,
    t_ac=5_400,
    t_oh=2_500,
    t_lz=0,
    t_hz=5_400,
    refreshes=4096,
)
"""Etron, "EM638325", electrical characteristics and recommended AC operating conditions, grade -6; t_wr is two clocks there, as 12 ns are
at periods from 6 to 12 ns."""
