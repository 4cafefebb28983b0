"""Latency store: a bank for each lane, read through a crossbar by the comparators, written a word of all banks a clock."""

from amaranth.hdl import Array, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import operands_layout, pairs_layout, store_read_port, store_write_port
from hdl.core.params import CoreParams
from hdl.memory.later import later


class StoreReads(wiring.Signature):
    """A read of the latency store in each clock, Out at the reader: 2P latencies, or one word of all banks."""

    def __init__(self, *, width: isa.Width) -> None:
        super().__init__(
            {
                "pairs": Out(pairs_layout(width)),  # with ``word.en`` only choice and banks of the slots hold
                "word": In(store_read_port(width)),  # its data stands for one clock, ``store_clocks`` later
                "operand": In(operands_layout(width)),  # the latencies chosen, a clock later
            }
        )


class LatencyStore(wiring.Component):
    """256 latencies of 16 bits in each bank (one EBR each on iCE40); the low bits of an address name its bank.

    ::

        slot[2P], word --> bank addresses -->  banks  --> 2P slots --> choice[2P] --> register --> operand[2P]
                                                | ^
                                           word v | write

    Neighbouring banks make up 2P slots; each slot reads one latency a clock, and each operand takes one slot's.

    A word is there after ``params.store_clocks``, the operands a clock later. Throughput: one read (2P latencies, or one word) and one
    write a clock; a read in the clock after a write sees it. A read of a word in the clock in which it is written gives an undefined
    value. All latencies are 0 at power-up.
    """

    def __init__(self, *, params: CoreParams) -> None:
        self._width, self._clocks = params.width, params.store_clocks
        super().__init__({"reads": In(StoreReads(width=params.width)), "write": Out(store_write_port(params.width))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        slots, width = self._width.slots, self._width.slot_banks
        pairs, wide = self.reads.pairs, self.reads.word
        values = []
        for slot in range(slots):
            word = Signal(8, name=f"word_{slot}")
            m.d.comb += word.eq(Mux(wide.en, wide.addr, pairs.slot[slot].word))
            for bank in range(slot * width, (slot + 1) * width):
                m.submodules[f"bank_{bank}"] = memory = Memory(shape=signed(16), depth=isa.STORE_WORDS, init=[])
                read = memory.read_port()
                write = memory.write_port()
                m.d.comb += [read.addr.eq(word), wide.data[bank].eq(later(m, read.data, self._clocks - 1, name=f"read_{bank}"))]
                m.d.comb += [write.addr.eq(self.write.addr), write.data.eq(self.write.data[bank]), write.en.eq(self.write.en[bank])]
            which = later(m, pairs.slot[slot].bank, self._clocks, name=f"bank_of_{slot}")
            values.append(Array(wide.data[slot * width + bank] for bank in range(width))[which])

        for operand in range(slots):
            chosen = later(m, pairs.choice[operand], self._clocks, name=f"slot_of_{operand}")
            m.d.sync += self.reads.operand[operand].eq(Array(values)[chosen])
        return m
