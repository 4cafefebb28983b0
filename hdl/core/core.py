"""The programmable core: from a step request to the symbol of the earliest spike."""

from collections.abc import Callable

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.accumulate import Accumulators
from hdl.core.counters import Counters
from hdl.core.fetch import RowFetch
from hdl.core.index import IndexMaker
from hdl.core.layouts import FlashBytes, RowStream
from hdl.core.params import CoreParams
from hdl.core.sequencer import Sequencer
from hdl.core.sorter import Sorter
from hdl.core.writeback import WriteBack
from hdl.link.bus import LoadBus, ReadDataStream, ReadRequestStream, StepStream, SymbolStream
from hdl.memory.bank import GenericBank
from hdl.memory.store import LatencyStore
from hdl.memory.tier import BankTier

__all__ = ["Core"]

_PROGRAM_WORDS = isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION


class Core(wiring.Component):
    """Runs the loaded program, one step a request (docs/reference/isa.md).

    ::

                     program -----------------.
                        |                      |
                                     .--> flash --> bytes ---.
        store --> index maker --> row fetch --> tier --> accumulators --> write-back --> store
          |                          ^                                                     |
          '--> sorter --> symbol ----'                <------------------------------------'

    ``load``: words for tables, anchors, program, store, jitter table and configuration; only while no step runs and, but for JITTER and
    CONFIG, with the core held in reset.
    ``step``, ``symbol``: one transfer of each a step. ``read_request``, ``read_data``: words for the host, served between steps: one
    after 4 clocks, then one every 5; the list of spikes stands 20 clocks after the sorter's last latency. ``busy``: a step runs.
    ``stall``: for tests, refuses table requests (not with int4 rows in flash: their zeros must come in time). ``rows``, ``flash`` (with
    ``params.flash``): rows asked of the flash, and their bytes.

    A reset ends a running step; memories, the ring's counters, counters, jitter generator and configuration stay. A word loaded to the
    store begins a new text: the ring is empty then.
    """

    def __init__(self, *, params: CoreParams | None = None, bank: Callable[..., wiring.Component] = GenericBank) -> None:
        self._params = params or CoreParams()
        self._bank = bank
        flash = {"rows": Out(RowStream), "flash": In(FlashBytes())} if self._params.flash else {}
        super().__init__(
            {
                **flash,
                "load": In(LoadBus()),
                "step": In(StepStream),
                "symbol": Out(SymbolStream),
                "read_request": In(ReadRequestStream),
                "read_data": Out(ReadDataStream),
                "busy": Out(1),
                "stall": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        params = self._params
        m.submodules.program = program = Memory(shape=16, depth=_PROGRAM_WORDS, init=[])
        index_program, row_program, write = program.read_port(), program.read_port(), program.write_port()
        m.submodules.index = index = IndexMaker(params=params)
        m.submodules.store = store = LatencyStore(comparators=params.comparators)
        m.submodules.fetch = fetch = RowFetch(params=params)
        m.submodules.tables = tier = BankTier(beats=params.table_beats, bank=self._bank)
        m.submodules.accumulators = accumulators = Accumulators()
        m.submodules.writeback = writeback = WriteBack()
        m.submodules.sequencer = sequencer = Sequencer()
        m.submodules.sorter = sorter = Sorter()
        m.submodules.counters = counters = Counters()

        load = wiring.flipped(self.load)
        for block in (index, tier, writeback):
            wiring.connect(m, load, block.load)
        m.d.comb += [
            write.addr.eq(self.load.address),
            write.data.eq(self.load.data),
            write.en.eq(self.load.strobe & (self.load.space == isa.Kind.PROGRAM)),
            sorter.jitter_address.eq(self.load.address),
            sorter.jitter_data.eq(self.load.data),
            sorter.jitter_write.eq(self.load.strobe & (self.load.space == isa.Kind.JITTER)),
            sorter.config_address.eq(self.load.address),
            sorter.config_data.eq(self.load.data),
            sorter.config_write.eq(self.load.strobe & (self.load.space == isa.Kind.CONFIG)),
            index_program.addr.eq(index.program_address),
            index.program_data.eq(index_program.data),
            row_program.addr.eq(fetch.program_address),
            fetch.program_data.eq(row_program.data),
        ]

        wiring.connect(m, index.o, fetch.index)
        wiring.connect(m, fetch.request, tier.request)
        wiring.connect(m, fetch.side, tier.side)
        m.d.comb += tier.stall.eq(self.stall)
        if params.flash:
            wiring.connect(m, fetch.rows, wiring.flipped(self.rows))
            wiring.connect(m, wiring.flipped(self.flash), accumulators.bytes)
            m.d.comb += tier.ending.eq(self.flash.ending)
        wiring.connect(m, tier.beat, accumulators.i)
        wiring.connect(m, accumulators.o, writeback.i)
        wiring.connect(m, wiring.flipped(self.step), sequencer.step)
        wiring.connect(m, sequencer.symbol, wiring.flipped(self.symbol))

        # The store is read for the residual first, then for the comparators, then for the sorter or, between steps, the host.
        one, host_address = Signal(isa.ADDRESS_BITS), Signal(isa.ADDRESS_BITS)
        low, bank_bits = isa.ADDRESS_BITS - 8, isa.slot_bits(params.comparators) - 8
        single, host_reading = Signal(), Signal()
        m.d.comb += [
            index.blocked.eq(writeback.reading),
            sequencer.read_grant.eq(sequencer.read & sorter.i.ready & ~index.claim & ~writeback.reading),
            single.eq((sequencer.read | host_reading) & ~writeback.reading),  # counts only where no comparator claims the store
            store.slot.eq(index.slot),
            store.choice.eq(index.choice),
            store.wide.eq(writeback.reading | ~index.claim),
            store.wide_word.eq(Mux(single, one[low:], writeback.read_word)),
            index.operand.eq(store.operand),
            writeback.old.eq(store.wide_value),
            store.word.eq(writeback.word),
            store.value.eq(writeback.value),
            store.enable.eq(writeback.enable),
        ]
        m.d.comb += one.eq(Mux(self.busy, sequencer.read_address, host_address))
        with m.If(~index.claim):
            m.d.comb += store.choice[0].eq(one[:low] >> bank_bits)
            for slot in store.slot:
                m.d.comb += slot[:bank_bits].eq(one)

        # The sorter's latency comes out of the store's register two clocks after the grant; neurons are asked for in order.
        granted, last, neuron = Signal(), Signal(reset_less=True), Signal(8, reset_less=True)
        m.d.sync += [
            granted.eq(sequencer.read_grant),
            last.eq(sequencer.read_last),
            sorter.i.valid.eq(granted),
            sorter.i.payload.last.eq(last),
        ]
        with m.If(sequencer.sorter_start):
            m.d.sync += neuron.eq(0)
        with m.Elif(sorter.i.valid):
            m.d.sync += neuron.eq(neuron + 1)
        m.d.comb += sorter.i.payload.neuron.eq(neuron)
        m.d.comb += [
            sorter.i.payload.latency.eq(store.operand[0]),
            sorter.start.eq(sequencer.sorter_start),
            sequencer.sorter_done.eq(sorter.done),
            sequencer.sorter_symbol.eq(sorter.symbol),
            sequencer.retired.eq(writeback.retired),
            sequencer.sort.eq(writeback.sort),
            sequencer.end.eq(writeback.end),
            sequencer.sort_base.eq(fetch.sort_base),
            sequencer.sort_last.eq(fetch.sort_last),
            index.retired.eq(writeback.retired),
            index.go.eq(sequencer.go),
            fetch.symbol.eq(sequencer.chosen),
            fetch.symbol_known.eq(sequencer.known),
            fetch.advance.eq(sequencer.stepped),
            fetch.clear.eq(self.load.strobe & (self.load.space == isa.Kind.STORE)),
            index.copy.eq(fetch.copied),
            index.copy_word.eq(fetch.copied_word),
            index.copy_data.eq(fetch.side.beat),
            self.busy.eq(sequencer.running),
        ]

        request, reading = fetch.request, Signal()
        m.d.comb += [
            counters.clock.eq(self.busy),
            reading.eq(request.valid & request.ready & request.payload.read),
            counters.saturated.eq(writeback.saturated),
            counters.step.eq(sequencer.stepped),
        ]
        m.d.sync += [
            counters.beat.eq(reading),
            counters.row.eq(reading & request.payload.tag.start),
            counters.flash.eq(reading & request.payload.tag.bytes),
        ]

        # Host reads: the address stands for four clocks, then the word is kept until it is taken.
        asked = self.read_request.payload
        m.d.comb += [
            host_address.eq(asked.address),
            sorter.result_address.eq(asked.address),
            counters.address.eq(asked.address),
        ]
        with m.FSM(name="host"):
            with m.State("IDLE"):
                with m.If(self.read_request.valid & ~self.busy & ~self.step.valid & ~self.read_data.valid):
                    m.next = "STORE"
            with m.State("STORE"):
                m.d.comb += host_reading.eq(1)
                m.next = "CROSSBAR"
            with m.State("CROSSBAR"):
                m.next = "TAKE"
            with m.State("TAKE"):
                m.d.comb += self.read_request.ready.eq(1)
                m.d.sync += self.read_data.valid.eq(1)
                with m.Switch(asked.space):
                    with m.Case(isa.ReadSpace.STORE):
                        m.d.sync += self.read_data.payload.eq(store.operand[0])
                    with m.Case(isa.ReadSpace.COUNTERS):
                        m.d.sync += self.read_data.payload.eq(counters.data)
                    with m.Default():
                        m.d.sync += self.read_data.payload.eq(sorter.result_data)
                m.next = "IDLE"
        with m.If(self.read_data.valid & self.read_data.ready):
            m.d.sync += self.read_data.valid.eq(0)
        return m
