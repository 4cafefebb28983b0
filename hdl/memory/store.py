"""Latency store: eight banks, read through a crossbar by the comparators, written eight latencies a clock."""

from amaranth.hdl import Array, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import StoreReadPort, StoreWritePort, operands_layout, pairs_layout


class StoreReads(wiring.Signature):
    """A read of the latency store in each clock, Out at the reader: 2P latencies, or one word of all banks."""

    def __init__(self, *, comparators: int) -> None:
        super().__init__(
            {
                "pairs": Out(pairs_layout(comparators)),  # with ``word.en`` only choice and banks of the slots hold
                "word": In(StoreReadPort),  # its data stands for one clock
                "operand": In(operands_layout(comparators)),  # the latencies chosen, two clocks later
            }
        )


class LatencyStore(wiring.Component):
    """2,048 latencies of 16 bits in 8 banks (one EBR each on iCE40), bank = the three low bits of an address.

    ::

        slot[2P], word --> bank addresses --> 8 banks --> 2P slots --> choice[2P] --> register --> operand[2P]
                                                | ^
                                           word v | write

    Neighbouring banks make up 2P slots; each slot reads one latency a clock, and each operand takes one slot's.

    Throughput: one read (2P latencies, or one word) and one write a clock; a read in the clock after a write sees it. A read of a word in
    the clock in which it is written gives an undefined value. All latencies are 0 at power-up.
    """

    def __init__(self, *, comparators: int) -> None:
        self._comparators = comparators
        super().__init__({"reads": In(StoreReads(comparators=comparators)), "write": Out(StoreWritePort)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width = isa.slot_banks(self._comparators)
        pairs, wide = self.reads.pairs, self.reads.word
        values = []
        for slot in range(2 * self._comparators):
            word = Signal(8, name=f"word_{slot}")
            m.d.comb += word.eq(Mux(wide.en, wide.addr, pairs.slot[slot].word))
            for bank in range(slot * width, (slot + 1) * width):
                m.submodules[f"bank_{bank}"] = memory = Memory(shape=signed(16), depth=isa.STORE_WORDS, init=[])
                read = memory.read_port()
                write = memory.write_port()
                m.d.comb += [read.addr.eq(word), wide.data[bank].eq(read.data)]
                m.d.comb += [write.addr.eq(self.write.addr), write.data.eq(self.write.data[bank]), write.en.eq(self.write.en[bank])]
            which = Signal(range(width), name=f"bank_of_{slot}", reset_less=True)
            m.d.sync += which.eq(pairs.slot[slot].bank)
            values.append(Array(wide.data[slot * width + bank] for bank in range(width))[which])

        for operand in range(2 * self._comparators):
            chosen = Signal.like(pairs.choice[operand], name=f"slot_of_{operand}", reset_less=True)
            m.d.sync += [chosen.eq(pairs.choice[operand]), self.reads.operand[operand].eq(Array(values)[chosen])]
        return m
