"""Latency store: eight banks, read through a crossbar by the comparators, written eight latencies a clock."""

from amaranth.hdl import Array, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa

__all__ = ["LatencyStore"]

_WORD = 8


class LatencyStore(wiring.Component):
    """2,048 latencies of 16 bits in 8 banks (one EBR each on iCE40), bank = the three low bits of an address.

    ::

        slot[2P], wide_word --> bank addresses --> 8 banks --> 2P slots --> choice[2P] --> register --> operand[2P]
                                                     | ^
                                               wide  v | word, value[8], enable[8]

    Neighbouring banks make up 2P slots; each slot reads one latency a clock, and each operand takes one slot's.

    Ports
    -----
    ``slot``: for each slot, bank within the slot (low bits) and word. ``choice``: for each operand, the slot it takes. ``operand``: the
    values, two clocks later.
    ``wide``: read word ``wide_word`` of all banks instead; ``choice`` and the slots' bank bits still hold. ``wide_value``: the eight
    latencies of the word read, one clock later.
    ``word``, ``value``, ``enable``: write the enabled banks; a read in the next clock sees it.

    Throughput: one read (2P latencies, or one word) and one write a clock. Reading and writing one place in one clock gives no defined
    value. All latencies are 0 at power-up.
    """

    def __init__(self, *, comparators: int) -> None:
        self._comparators = comparators
        lanes = data.ArrayLayout(signed(16), isa.LANES)
        super().__init__(
            {
                "slot": In(data.ArrayLayout(unsigned(isa.slot_bits(comparators)), 2 * comparators)),
                "choice": In(data.ArrayLayout(unsigned(isa.choice_bits(comparators)), 2 * comparators)),
                "operand": Out(data.ArrayLayout(signed(16), 2 * comparators)),
                "wide": In(1),
                "wide_word": In(_WORD),
                "wide_value": Out(lanes),
                "word": In(_WORD),
                "value": In(lanes),
                "enable": In(isa.LANES),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width = isa.slot_banks(self._comparators)
        bank_bits = isa.slot_bits(self._comparators) - _WORD
        values = []
        for slot in range(2 * self._comparators):
            word = Signal(_WORD, name=f"word_{slot}")
            m.d.comb += word.eq(Mux(self.wide, self.wide_word, self.slot[slot][bank_bits:]))
            for bank in range(slot * width, (slot + 1) * width):
                m.submodules[f"bank_{bank}"] = memory = Memory(shape=signed(16), depth=isa.STORE_WORDS, init=[])
                read, write = memory.read_port(), memory.write_port()
                m.d.comb += [
                    read.addr.eq(word),
                    self.wide_value[bank].eq(read.data),
                    write.addr.eq(self.word),
                    write.data.eq(self.value[bank]),
                    write.en.eq(self.enable[bank]),
                ]
            which = Signal(max(1, bank_bits), name=f"bank_of_{slot}", reset_less=True)
            m.d.sync += which.eq(self.slot[slot][:bank_bits])
            values.append(Array(self.wide_value[slot * width + bank] for bank in range(width))[which])

        for operand in range(2 * self._comparators):
            chosen = Signal.like(self.choice[operand], name=f"slot_of_{operand}", reset_less=True)
            m.d.sync += [chosen.eq(self.choice[operand]), self.operand[operand].eq(Array(values)[chosen])]
        return m
