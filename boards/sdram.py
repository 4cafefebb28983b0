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
