"""Index maker: walks the program's runs, reads their anchor words, and turns latencies into table indices."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.compare import INDEX_BITS, ComparatorArray, IndexEncoder
from hdl.core.layouts import anchor_layout, field
from hdl.core.params import CoreParams
from hdl.link.bus import LoadBus

__all__ = ["IndexMaker"]

_PC_BITS = (isa.MAX_INSTRUCTIONS - 1).bit_length()
_HEAD_WORDS = 3  # of an instruction: flags, anchor_base, anchor_len
_MARGIN = 8  # indices that may still come once the maker stops issuing


class IndexMaker(wiring.Component):
    """Makes the indices of every run of the program, in order, as far ahead of the rows as their latencies allow.

    ::

        program (3 words a run) --> anchor address --> anchor word --> store address --> operands --> bits --> indices --> o
                                     clock 0            clock 1         clock 1           clock 3     clock 3   clock 5

    Ports
    -----
    ``program_address``, ``program_data``: read port of the program memory, one clock.
    ``slot``, ``choice``, ``claim``: what the store is asked to read; refused while ``blocked`` (write-back reads the store then).
    ``operand``: the store's answer, two clocks later.
    ``go``: strobe, a step begins; the first run of a step makes no index before it. ``retired``: strobe, a run's rows are added and
    written back; a run with ``sync`` waits for all before it.
    ``o``: the indices, in the order of the runs' tables. ``load``: words of space ANCHORS are written; ``copy``: strobe, ``copy_data`` is
    written to anchor word ``copy_word``.

    Throughput: an anchor word (P pairs) a clock, with 5 clocks between the last word of a run and the first of the next. No word is read
    while fewer than 8 places of the queue were free a clock ago. From the clock in which the store takes an anchor word that emits, 4
    clocks until the first of its indices enters the queue.
    """

    def __init__(self, *, params: CoreParams) -> None:
        self._params = params
        pairs = params.comparators
        super().__init__(
            {
                "program_address": Out(_PC_BITS + 3),
                "program_data": In(16),
                "slot": Out(data.ArrayLayout(unsigned(isa.slot_bits(pairs)), 2 * pairs)),
                "choice": Out(data.ArrayLayout(unsigned(isa.choice_bits(pairs)), 2 * pairs)),
                "claim": Out(1),
                "blocked": In(1),
                "operand": In(data.ArrayLayout(signed(16), 2 * pairs)),
                "go": In(1),
                "retired": In(1),
                "o": Out(stream.Signature(unsigned(INDEX_BITS))),
                "load": In(LoadBus()),
                "copy": In(1),
                "copy_word": In((params.anchor_words - 1).bit_length()),
                "copy_data": In(params.anchor_width),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        params = self._params
        pairs = params.comparators
        columns = params.anchor_width // 16
        address_bits = (params.anchor_words - 1).bit_length()

        m.submodules.anchors = anchors = Memory(shape=params.anchor_width, depth=params.anchor_words, init=[])
        read, write = anchors.read_port(), anchors.write_port(granularity=16)
        column_bits = 2  # an image gives every anchor word four 16-bit words
        m.d.comb += [
            write.addr.eq(Mux(self.copy, self.copy_word, self.load.address[column_bits:])),
            write.data.eq(Mux(self.copy, self.copy_data, Cat([self.load.data] * columns))),
        ]
        with m.If(self.load.strobe & (self.load.space == isa.Kind.ANCHORS)):
            for column in range(columns):
                m.d.comb += write.en[column].eq(self.load.address[:column_bits] == column)
        with m.If(self.copy):
            m.d.comb += write.en.eq(-1)

        # Runs: the instruction's first three words, then its anchor words.
        pc = Signal(_PC_BITS)
        word = Signal(range(_HEAD_WORDS + 1))
        sync, end, fresh = Signal(reset_less=True), Signal(reset_less=True), Signal(init=1)
        anchor, left = Signal(address_bits, reset_less=True), Signal(10, reset_less=True)
        pending = Signal(6)  # runs begun here and not yet retired
        accept = Signal()
        m.d.sync += pending.eq(pending + accept - self.retired)
        # `alone_next`: pending == 1 in the next clock. No run is begun while a word waits for it, so `accept` need not count.
        alone_next = Signal()
        m.d.comb += alone_next.eq(Mux(self.retired, pending == 2, pending == 1))
        m.d.comb += self.program_address.eq(Cat(word[:2], Const(0, 1), pc))

        # The queue of finished indices, filled at most to its end by what is under way.
        m.submodules.queue = queue = SyncFIFOBuffered(width=INDEX_BITS, depth=params.index_depth)
        room = Signal()
        m.d.sync += room.eq(queue.level <= params.index_depth - _MARGIN)

        # Anchor word read in clock 0, in `word_valid` from clock 1 until the store takes it.
        word_valid, held_sync, held_fresh = Signal(), Signal(reset_less=True), Signal(reset_less=True)
        waiting, started = Signal(), Signal()
        take, issue = Signal(), Signal()
        # `waiting` counts with a word only, and that comes no earlier than a clock after its flags
        m.d.sync += waiting.eq(~take & ((held_sync & ~alone_next) | (held_fresh & ~(started | self.go))))
        m.d.comb += [
            self.claim.eq(word_valid & ~waiting),
            take.eq(self.claim & ~self.blocked),
            read.addr.eq(anchor),
            read.en.eq(~word_valid | take),
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
                    with m.Case(isa.place("sync")[0] + 1):
                        m.d.sync += [sync.eq(field(self.program_data, "sync")), end.eq(field(self.program_data, "end"))]
                    with m.Case(isa.place("anchor_base")[0] + 1):
                        m.d.sync += anchor.eq(field(self.program_data, "anchor_base"))
                    with m.Case(isa.place("anchor_len")[0] + 1):
                        m.d.sync += left.eq(field(self.program_data, "anchor_len"))
                        m.next = "BEGIN"
            with m.State("BEGIN"):
                # A run is begun only once the words of the one before are out of the way of its sync and go.
                with m.If(~word_valid | take):
                    m.d.comb += accept.eq(1)
                    m.d.sync += [word.eq(0), fresh.eq(end), pc.eq(pc + 1), held_sync.eq(sync), held_fresh.eq(fresh)]
                    with m.If(end):
                        m.d.sync += pc.eq(0)
                    m.next = "HEAD"
                    with m.If(left != 0):
                        m.next = "WORDS"
            with m.State("WORDS"):
                m.d.comb += issue.eq((~word_valid | take) & room)
                with m.If(issue):
                    m.d.sync += [anchor.eq(anchor + 1), left.eq(left - 1), word_valid.eq(1)]
                    with m.If(left == 1):
                        m.next = "HEAD"

        # The anchor word leaves for the store; its flags follow the latencies.
        anchor_word = data.View(anchor_layout(pairs), read.data[: isa.anchor_bits(pairs)])
        m.submodules.comparators = comparators = ComparatorArray(comparators=pairs)
        m.submodules.encoder = encoder = IndexEncoder(comparators=pairs)
        emit_next, valid_next, strobe_next = Signal.like(encoder.emit), Signal.like(encoder.valid), Signal()
        m.d.comb += self.slot.eq(anchor_word.slots)
        for p in range(pairs):
            m.d.comb += [self.choice[2 * p].eq(anchor_word.lanes[p].a), self.choice[2 * p + 1].eq(anchor_word.lanes[p].b)]
            m.d.sync += valid_next[p].eq(anchor_word.lanes[p].valid)
        m.d.sync += [
            strobe_next.eq(take),
            emit_next.eq(anchor_word.emit),
            encoder.strobe.eq(strobe_next),
            encoder.valid.eq(valid_next),
            encoder.emit.eq(emit_next),
        ]
        m.d.comb += [
            comparators.operand.eq(self.operand),
            encoder.bits.eq(comparators.bits),
            queue.w_data.eq(encoder.o.payload),
            queue.w_en.eq(encoder.o.valid),
            self.o.payload.eq(queue.r_data),
            self.o.valid.eq(queue.r_rdy),
            queue.r_en.eq(self.o.ready),
        ]
        return m
