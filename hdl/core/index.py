"""Index maker: walks the program's runs, reads their anchor words, and turns latencies into table indices."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.compare import INDEX_BITS, ComparatorArray, IndexEncoder
from hdl.core.layouts import ProgramReadPort, anchor_layout, operands_layout, pairs_layout
from hdl.core.params import CoreParams
from hdl.link.bus import LoadBus
from hdl.memory.anchors import AnchorMemory, copy_port
from hdl.memory.later import later
from hdl.memory.program import RunRegisters

_HEAD_WORDS = 3  # of an instruction: flags, anchor_base, anchor_len
_MARGIN = 5  # indices that may come once the maker stops issuing, besides one for each comparator and each of the ``store_clocks``


class IndexMaker(wiring.Component):
    """Makes the indices of every run of the program, in order, as far ahead of the rows as their latencies allow.

    ::

        program (3 words a run) --> anchor address --> anchor word --> store address --> operands --> bits --> indices --> o
                                     clock 0            clock 1         clock 1           clock 3     clock 3   clock 5

    Throughput: an anchor word (P pairs) a clock, with 5 clocks between the last word of a run and the first of the next. A word is read
    only if at least 6 + P places of the queue were free a clock ago. The first index of a word that emits enters the queue 4 clocks after
    the store has taken the word. Where ``params.store_clocks`` are 2, all after the store's address is a clock later, and 7 + P places
    were free.
    """

    def __init__(self, *, params: CoreParams) -> None:
        self._params = params
        super().__init__(
            {
                "program": In(ProgramReadPort),
                "reads": Out(stream.Signature(pairs_layout(params.width))),  # anchor words for the store
                "operand": In(operands_layout(params.width)),  # the store's answer, a clock after its ``store_clocks``
                "go": In(1),  # a step begins: the first run of a step makes no index before it
                "retired": In(1),  # a run's rows are added and written back: a run with ``sync`` waits for all before it
                "o": Out(stream.Signature(unsigned(INDEX_BITS))),  # the indices, in the order of the runs' tables
                "load": In(LoadBus()),  # space ANCHORS is written
                "copy": Out(copy_port(params)),  # anchors runs write anchor words
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.anchors = anchors = AnchorMemory(params=self._params)
        wiring.connect(m, wiring.flipped(self.load), anchors.load)
        wiring.connect(m, wiring.flipped(self.copy), anchors.copy)

        # Runs: the instruction's first three words, then its anchor words.
        pc = Signal(range(isa.MAX_INSTRUCTIONS))
        word = Signal(range(_HEAD_WORDS + 1))  # of the instruction: the next; the one before it arrives
        run = RunRegisters()  # its anchor_base goes up and its anchor_len down, word by word
        base = run.anchor_base[: len(anchors.read.addr)]
        fresh = Signal(init=1)  # the run is the first of a step
        pending = Signal(range(isa.MAX_INSTRUCTIONS + 1))  # runs begun here and not yet retired
        accept = Signal()
        m.d.sync += pending.eq(pending + accept - self.retired)
        alone_next = Signal()  # pending == 1 in the next clock; no run is begun while a word waits for it, so `accept` need not count
        m.d.comb += alone_next.eq(Mux(self.retired, pending == 2, pending == 1))
        m.d.comb += self.program.addr.eq(Cat(word, Const(0, 1), pc))

        # The queue of finished indices, filled at most to its end by what is under way.
        m.submodules.queue = queue = SyncFIFOBuffered(width=INDEX_BITS, depth=self._params.index_depth)
        margin = _MARGIN + self._params.width.comparators + self._params.store_clocks
        room = Signal()
        m.d.sync += room.eq(queue.level <= self._params.index_depth - margin)

        # Anchor word read in clock 0, in `word_valid` from clock 1 until the store takes it.
        word_valid = Signal()
        held_sync = Signal(reset_less=True)
        held_fresh = Signal(reset_less=True)
        waits = Signal()  # the word for a run's end or a step's begin
        started = Signal()
        take = Signal()
        issue = Signal()
        m.d.sync += self.reads.valid.eq((issue | (word_valid & ~take)) & ~waits)
        m.d.comb += [
            waits.eq(~take & ((held_sync & ~alone_next) | (held_fresh & ~(started | self.go)))),
            take.eq(self.reads.valid & self.reads.ready),
            anchors.read.addr.eq(base),
            anchors.read.en.eq(~word_valid | take),
        ]
        with m.If(self.go):
            m.d.sync += started.eq(1)
        with m.If(take):
            m.d.sync += [word_valid.eq(0), held_sync.eq(0), held_fresh.eq(0)]
            with m.If(held_fresh):
                m.d.sync += started.eq(0)

        with m.FSM(name="runs"):
            with m.State("HEAD"):
                m.d.sync += word.eq(word + 1)
                with m.Switch(word):
                    for number in range(_HEAD_WORDS):
                        with m.Case(number + 1):
                            m.d.sync += run.load(number, self.program.data)
                with m.If(word == _HEAD_WORDS):
                    m.next = "BEGIN"
            with m.State("BEGIN"):
                # A run is begun only once the words of the one before are out of the way of its sync and go.
                with m.If(~word_valid | take):
                    m.d.comb += accept.eq(1)
                    m.d.sync += [word.eq(0), fresh.eq(run.end), pc.eq(pc + 1), held_sync.eq(run.sync), held_fresh.eq(fresh)]
                    with m.If(run.end):
                        m.d.sync += pc.eq(0)
                    m.next = "HEAD"
                    with m.If(run.anchor_len != 0):
                        m.next = "WORDS"
            with m.State("WORDS"):
                m.d.comb += issue.eq((~word_valid | take) & room)
                with m.If(issue):
                    m.d.sync += [base.eq(base + 1), run.anchor_len.eq(run.anchor_len - 1), word_valid.eq(1)]
                    with m.If(run.anchor_len == 1):
                        m.next = "HEAD"

        made = self._encode(m, anchors.read.data, take)
        m.d.comb += [queue.w_data.eq(made.payload), queue.w_en.eq(made.valid)]
        m.d.comb += [self.o.payload.eq(queue.r_data), self.o.valid.eq(queue.r_rdy), queue.r_en.eq(self.o.ready)]
        return m

    def _encode(self, m: Module, read: Signal, take: Signal) -> stream.Interface:
        """The anchor word leaves for the store with ``take``; its flags follow the latencies. The indices that become of it."""
        width = self._params.width
        m.submodules.comparators = comparators = ComparatorArray(width=width)
        m.submodules.encoder = encoder = IndexEncoder(comparators=width.comparators)
        word = data.View(anchor_layout(width), read[: width.anchor_bits])
        clocks = self._params.store_clocks
        valid_next = Signal.like(encoder.valid)
        m.d.comb += self.reads.payload.slot.eq(word.slots)
        for p, lane in enumerate(word.lanes):
            m.d.comb += [self.reads.payload.choice[2 * p].eq(lane.a), self.reads.payload.choice[2 * p + 1].eq(lane.b)]
            m.d.sync += valid_next[p].eq(lane.valid)
        valid_next = later(m, valid_next, clocks - 1, name="valid_then", reset_less=False)
        strobe_next = later(m, take, clocks, name="strobe_next", reset_less=False)
        emit_next = later(m, word.emit, clocks, name="emit_next", reset_less=False)
        m.d.sync += [encoder.strobe.eq(strobe_next), encoder.valid.eq(valid_next), encoder.emit.eq(emit_next)]
        m.d.comb += [comparators.operand.eq(self.operand), encoder.bits.eq(comparators.bits)]
        return encoder.o
