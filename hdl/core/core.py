"""The programmable core: from a step request to the symbol of the earliest spike."""

from collections.abc import Callable

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.accumulate import Accumulators
from hdl.core.counters import Counters
from hdl.core.host import HostReader
from hdl.core.index import IndexMaker
from hdl.core.layouts import far_words, row_stream
from hdl.core.params import CoreParams
from hdl.core.sequencer import Sequencer
from hdl.core.sorter import Sorter
from hdl.core.writeback import WriteBack
from hdl.fetch.fetch import RowFetch
from hdl.learn.learner import Learner
from hdl.link.bus import LoadBus, ReadDataStream, ReadRequestStream, StepStream, SymbolStream
from hdl.memory.bank import GenericBank
from hdl.memory.later import later
from hdl.memory.program import ProgramMemory
from hdl.memory.reader import StoreReader
from hdl.memory.store import LatencyStore
from hdl.memory.tier import BankTier


class Core(wiring.Component):
    """Runs the loaded program, one step a request (docs/reference/isa.md).

    ::

                     program -----------------.
                        |                      |
                                     .--> flash --> bytes ---.
        store --> index maker --> row fetch --> tier --> accumulators --> write-back --> store
          |                          ^                                                     |
          '--> sorter --> symbol ----'                <------------------------------------'

    A reset ends a running step. Memories, the counters of the ring, the host's counters, the jitter generator and the configuration keep
    their contents. Loading a word of the store begins a new text and empties the ring.

    ``tier``: makes the table tier, of a memory that ``bank`` makes.
    """

    def __init__(
        self,
        *,
        params: CoreParams | None = None,
        bank: Callable[..., wiring.Component] = GenericBank,
        tier: Callable[..., wiring.Component] = BankTier,
    ) -> None:
        self._params = params or CoreParams()
        self._bank, self._tier = bank, tier
        flash = {
            "rows": Out(row_stream(self._params.width)),  # asked of the far tier
            "flash": In(far_words(self._params.far_bytes)),  # their bytes
        }
        super().__init__(
            {
                "load": In(LoadBus()),  # only while no step runs and, but for JITTER and CONFIG, with the core held in reset
                "step": In(StepStream),  # one transfer a step
                "symbol": Out(SymbolStream),  # one transfer a step
                "read_request": In(ReadRequestStream),  # words for the host, served between steps: see hdl.core.host
                "read_data": Out(ReadDataStream),  # the list of spikes stands 20 clocks after the sorter's last latency
                **(flash if self._params.far_bytes else {}),
                **({"changed": Out(1)} if self._params.learns else {}),  # entries were written since the tables were loaded
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        params = self._params
        width = params.width
        m.submodules.program = program = ProgramMemory()
        m.submodules.index = index = IndexMaker(params=params)
        m.submodules.store = store = LatencyStore(params=params)
        m.submodules.reader = reader = StoreReader(params=params)
        m.submodules.fetch = fetch = RowFetch(params=params)
        m.submodules.tables = tier = self._tier(params=params, bank=self._bank)
        m.submodules.accumulators = accumulators = Accumulators(width=width, far_bytes=params.far_bytes, clocks=params.store_clocks)
        m.submodules.writeback = writeback = WriteBack(params=params)
        m.submodules.sequencer = sequencer = Sequencer(width=width, learns=params.learns)
        m.submodules.sorter = sorter = Sorter(late=params.store_clocks > 1)
        m.submodules.counters = counters = Counters(width=width, learns=params.learns)
        m.submodules.host = host = HostReader(params=params)

        for block in (program, index, tier, writeback):
            wiring.connect(m, wiring.flipped(self.load), block.load)
        wiring.connect(m, index.program, program.index)
        wiring.connect(m, fetch.program, program.rows)
        wiring.connect(m, index.o, fetch.index)
        wiring.connect(m, fetch.anchors, index.copy)
        wiring.connect(m, fetch.request, tier.request)
        wiring.connect(m, tier.beat, accumulators.i)
        wiring.connect(m, accumulators.o, writeback.i)
        wiring.connect(m, writeback.write, store.write)
        wiring.connect(m, reader.reads, store.reads)
        wiring.connect(m, writeback.residual, reader.residual)
        wiring.connect(m, index.reads, reader.pairs)
        wiring.connect(m, sequencer.reads, reader.outputs)
        wiring.connect(m, reader.latency, sorter.i)
        wiring.connect(m, host.results, sorter.results)
        wiring.connect(m, wiring.flipped(self.step), sequencer.step)
        wiring.connect(m, sequencer.symbol, wiring.flipped(self.symbol))
        wiring.connect(m, wiring.flipped(self.read_request), host.request)
        wiring.connect(m, host.data, wiring.flipped(self.read_data))
        if params.far_bytes:
            wiring.connect(m, fetch.rows, wiring.flipped(self.rows))
            for name in sorted(self.flash.signature.members):  # as much later as beats come out of the tier
                port = later(m, getattr(self.flash, name), params.table_clocks - 1, name=f"flash_{name}", reset_less=name == "data")
                m.d.comb += getattr(accumulators.bytes, name).eq(port)
            m.d.comb += tier.ending.eq(self.flash.ending)

        m.d.comb += [index.operand.eq(reader.operand), index.retired.eq(writeback.retired), index.go.eq(sequencer.go)]
        m.d.comb += [fetch.symbol.eq(sequencer.chosen), fetch.symbol_known.eq(sequencer.known), fetch.advance.eq(sequencer.stepped)]
        m.d.comb += [fetch.clear.eq(self.load.writes(isa.Kind.STORE)), sorter.start.eq(sequencer.sorter_start)]
        m.d.comb += [sequencer.sorter_done.eq(sorter.done), sequencer.sorter_symbol.eq(sorter.symbol)]
        m.d.comb += [sequencer.retired.eq(writeback.retired), sequencer.sort.eq(writeback.sort), sequencer.end.eq(writeback.end)]
        m.d.comb += [sequencer.outputs.eq(fetch.outputs), host.idle.eq(~sequencer.running & ~self.step.valid)]
        m.d.comb += [reader.stepping.eq(sequencer.running), reader.host_address.eq(host.address), reader.host_reads.eq(host.reads)]
        m.d.comb += [host.latency.eq(reader.host_latency), counters.address.eq(host.counter), host.count.eq(counters.data)]

        wiring.connect(m, fetch.side, tier.side)
        if params.learns:
            self._learn(m, fetch=fetch, tier=tier, sequencer=sequencer, reader=reader, sorter=sorter, counters=counters, host=host)
        else:
            wiring.connect(m, wiring.flipped(self.load), sorter.load)

        request = fetch.request
        reading = Signal()
        m.d.comb += [
            reading.eq(request.valid & request.ready & request.payload.read),
            counters.clock.eq(sequencer.running),
            counters.saturated.eq(writeback.saturated),
            counters.step.eq(sequencer.stepped),
        ]
        m.d.sync += [
            counters.beat.eq(reading),
            counters.row.eq(reading & request.payload.tag.start),
            counters.flash.eq(reading & request.payload.tag.bytes),
        ]
        return m

    def _learn(
        self,
        m: Module,
        *,
        fetch: RowFetch,
        tier: wiring.Component,
        sequencer: Sequencer,
        reader: StoreReader,
        sorter: Sorter,
        counters: Counters,
        host: HostReader,
    ) -> None:
        """The learning unit, with registers behind the sorter's. It is at the table tier when the row fetch has no more to ask of it, the
        host between steps: a clock after ``ripe`` no word is read for the host any more, and a clock after the step's end none yet."""
        m.submodules.learner = learner = Learner(params=self._params)
        wiring.connect(m, wiring.flipped(self.load), learner.load)
        m.d.comb += [
            sorter.load.space.eq(self.load.space),
            sorter.load.address.eq(self.load.address),
            sorter.load.data.eq(self.load.data),
            sorter.load.strobe.eq(self.load.strobe & ~((self.load.space == isa.Kind.CONFIG) & self.load.address[2])),
        ]
        wiring.connect(m, fetch.learn, learner.seen)
        wiring.connect(m, learner.memory, fetch.kept)
        m.d.comb += [
            learner.begin.eq(sequencer.go),
            learner.forced.eq(self.step.payload.forced),
            learner.target.eq(self.step.payload.symbol),
            learner.start.eq(sequencer.sorter_start),
            learner.valid.eq(reader.latency.valid & reader.latency.ready),
            learner.latency.eq(reader.latency.payload.latency),
            learner.ripe.eq(sequencer.ripe),
            learner.chosen.eq(sequencer.sorter_symbol),
            sequencer.hold.eq(learner.hold),
            host.page.eq(learner.page),
            learner.accessed.eq(tier.accessed),
            counters.write.eq(learner.written),
            counters.held.eq(learner.written & learner.held),
            self.changed.eq(learner.changed),
        ]
        learns = Signal()
        m.d.sync += learns.eq(sequencer.ripe)
        for side in (learner.side, host.side):
            m.d.comb += [side.word.eq(tier.spare.word), side.ready.eq(tier.spare.ready)]
        for name in ("valid", "address", "write", "lane", "data"):
            m.d.comb += getattr(tier.spare, name).eq(Mux(learns, getattr(learner.side, name), getattr(host.side, name)))
