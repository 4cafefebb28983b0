"""Anchor memory: loaded by 16-bit words, copied to by beats of tables, read by the index maker."""

from amaranth.hdl import Module, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory, ReadPort, WritePort
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.params import CoreParams
from hdl.link.bus import LoadBus


def copy_port(params: CoreParams) -> WritePort.Signature:
    """Writes a whole anchor word, or of a larger one the part that a beat has room for; the lowest bits of its address then name it."""
    beats = params.width.anchor_beats
    bits = params.anchor_width if beats == 1 else 8 * params.width.beat_bytes
    return WritePort.Signature(addr_width=(params.anchor_words * beats - 1).bit_length(), shape=unsigned(bits))


class AnchorMemory(wiring.Component):
    """All words are 0 at power-up. Those of the load bus with space ANCHORS are written; none may come in the clock of a ``copy``."""

    def __init__(self, *, params: CoreParams) -> None:
        self._params = params
        copy = copy_port(params)
        super().__init__(
            {
                "load": In(LoadBus()),
                "copy": Out(copy),  # anchors runs
                "read": Out(
                    ReadPort.Signature(addr_width=(params.anchor_words - 1).bit_length(), shape=unsigned(params.anchor_width))
                ),  # index maker
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        columns, beats = self._params.anchor_width // isa.WORD_BITS, self._params.width.anchor_beats
        column_bits = (self._params.width.anchor_columns - 1).bit_length()
        m.submodules.words = words = Memory(shape=unsigned(self._params.anchor_width), depth=self._params.anchor_words, init=[])
        read = words.read_port()
        wiring.connect(m, wiring.flipped(self.read), read)
        write = words.write_port(granularity=isa.WORD_BITS)
        m.d.comb += [write.addr.eq(self.load.address[column_bits:][: len(write.addr)]), write.data.eq(self.load.data.replicate(columns))]
        with m.If(self.load.writes(isa.Kind.ANCHORS)):
            for column in range(columns):
                m.d.comb += write.en[column].eq(self.load.address[:column_bits] == column)
        with m.If(self.copy.en):
            part_bits = (beats - 1).bit_length()
            m.d.comb += [write.addr.eq(self.copy.addr[part_bits:]), write.data.eq(self.copy.data.replicate(beats)), write.en.eq(-1)]
            for column in range(columns if part_bits else 0):
                m.d.comb += write.en[column].eq(self.copy.addr[:part_bits] == column // self._params.width.side_words)
        return m
