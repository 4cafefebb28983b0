"""Learning unit: entries of the rows that a step read, changed before the next step (docs/reference/blocks/learn.md)."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import SideBus
from hdl.core.params import CoreParams
from hdl.learn.entry import EntryStep
from hdl.learn.rival import Rival
from hdl.learn.rows import RowList, RowMemory, RowsSeen
from hdl.link.bus import LoadBus


def learn_clocks(rows: int, *, table_clocks: int) -> int:
    """Clocks by which a step that learns is longer, if it writes two entries of each of ``rows`` rows; 0 of them where it is right."""
    return 2 + rows * (2 + 2 * (2 * table_clocks + 4))


class Learner(wiring.Component):
    """Takes ``step`` off the entry of the target, and adds it to that of the wrong output, in every row of the list.

    ::

        rows --> list (in memory) --------> address --> side --> word --> entry --> side
        latencies --> rival --> column --------^                            ^
        chosen ------------------^                                        step

    A step with a forced symbol, its target, learns while the register LEARN says so, and ``hold`` keeps it from ending until all is
    written. By the margin rule the wrong output is the rival, if that is close; else it is ``chosen``, if that isn't the target.
    It is longer by :func:`learn_clocks`. A reset leaves ``changed`` as it is, as the tables are.
    """

    def __init__(self, *, params: CoreParams) -> None:
        self._params = params
        bits = (params.table_beats - 1).bit_length()
        super().__init__(
            {
                "load": In(LoadBus()),
                "seen": In(RowsSeen(address_bits=bits)),
                "memory": Out(RowMemory(address_bits=bits)),
                "begin": In(1),  # a step begins, with the next two
                "forced": In(1),
                "target": In(8),
                "start": In(1),  # its outputs come, in neuron order
                "valid": In(1),  # one of them, in this clock
                "latency": In(signed(16)),
                "ripe": In(1),  # all else of the step is done
                "chosen": In(8),  # by the sorter; while ``ripe``
                "hold": Out(1),
                "page": Out(16),  # of the tables that the host reads
                "side": Out(SideBus(address_bits=bits, width=params.width, words=True)),
                "accessed": In(1),  # an access of ``side`` begins in this clock, and nothing stops it
                "written": Out(1),  # it writes an entry
                "held": Out(1),  # ... at a limit, which holds it
                "changed": Out(1),  # an entry was written since a word of the tables was loaded
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        on, margins, step, margin = self._registers(m)
        target = Signal(8, reset_less=True)
        due = Signal()  # the step learns, and hasn't yet
        m.d.comb += self.hold.eq(due)
        with m.If(self.begin):
            m.d.sync += [due.eq(on & self.forced), target.eq(self.target)]

        m.submodules.rival = rival = Rival()
        m.d.comb += [
            rival.start.eq(self.start),
            rival.valid.eq(self.valid),
            rival.latency.eq(self.latency),
            rival.target.eq(target),
            rival.margin.eq(margin),
        ]
        wrong = Signal(8)
        m.d.comb += wrong.eq(Mux(margins, rival.neuron, self.chosen))
        differs = Mux(margins, rival.close, self.chosen != target)

        m.submodules.rows = rows = RowList(address_bits=len(self.side.address))
        wiring.connect(m, wiring.flipped(self.seen), rows.seen)
        wiring.connect(m, rows.memory, wiring.flipped(self.memory))
        m.d.comb += rows.clear.eq(self.begin)

        adds = Signal()  # of a row's two entries the second, that of the wrong output
        column = Signal(8, reset_less=True)
        word = Signal(16, reset_less=True)
        m.d.comb += self.side.data.eq(word)
        row = Signal.like(self.memory.row, reset_less=True)
        entry = self._place(m, column, row=row, int4=rows.int4)
        m.d.comb += [entry.word.eq(word), entry.step.eq(step), entry.down.eq(~adds)]
        access = Signal()  # this and the next are registers because an access is granted only behind the whole tier
        write = Signal()
        m.d.comb += [self.side.valid.eq(access), self.side.write.eq(write)]
        granted = self.side.valid & self.side.ready
        with m.If(granted):
            m.d.sync += [access.eq(0), write.eq(0)]
        self._count(m, entry)
        with m.FSM(name="learning"):
            with m.State("IDLE"):
                m.d.sync += adds.eq(0)
                with m.If(self.ripe & due):
                    with m.If(differs & (rows.count != 0)):
                        m.d.comb += rows.take.eq(1)
                        m.next = "ROW"
                    with m.Else():
                        m.d.sync += due.eq(0)
            with m.State("ROW"):
                m.d.comb += rows.read.eq(1)
                m.next = "KEEP"
            with m.State("KEEP"):
                m.d.sync += [row.eq(self.memory.row), column.eq(target), access.eq(1)]
                m.next = "READ"
            with m.State("READ"), m.If(granted):
                m.next = "TAKE"
            with m.State("TAKE"):
                m.d.sync += word.eq(self.side.word)
                m.next = "SELECT"
            with m.State("SELECT"):
                m.next = "STEP"
            with m.State("STEP"):
                m.next = "CHANGE"
            with m.State("CHANGE"):
                m.d.sync += [word.eq(entry.changed), access.eq(1), write.eq(1)]
                m.next = "WRITE"
            with m.State("WRITE"), m.If(granted):
                m.d.sync += [adds.eq(~adds), column.eq(wrong), access.eq(~adds)]
                m.next = "READ"
                with m.If(adds):
                    with m.If(rows.count != 0):
                        m.d.comb += rows.take.eq(1)
                        m.next = "ROW"
                    with m.Else():
                        m.d.sync += due.eq(0)
                        m.next = "IDLE"
        return m

    def _registers(self, m: Module) -> tuple[Signal, Signal, Signal, Signal]:
        """On or off, the margin rule or the sampler's choice, the step, the margin."""
        on = Signal(reset_less=True)
        margins = Signal(reset_less=True)
        step = Signal(isa.LEARN_STEP_BITS, reset_less=True)
        margin = Signal(16, reset_less=True)
        page = Signal(16, reset_less=True)
        m.d.comb += self.page.eq(page)
        with m.If(self.load.writes(isa.Kind.CONFIG)):
            with m.Switch(self.load.address[:3]):
                with m.Case(isa.Config.LEARN):
                    word = self.load.data
                    m.d.sync += [on.eq(word[0]), margins.eq(word[1]), step.eq(word[isa.LEARN_STEP_BIT :])]
                with m.Case(isa.Config.MARGIN):
                    m.d.sync += margin.eq(self.load.data)
                with m.Case(isa.Config.PAGE):
                    m.d.sync += page.eq(self.load.data)
        return on, margins, step, margin

    def _count(self, m: Module, entry: EntryStep) -> None:
        """Each write, whether a limit held it, and whether the tables are still those that were loaded."""
        held = Signal(reset_less=True)
        changed = Signal(reset_less=True)
        m.d.comb += [self.written.eq(self.accessed & self.side.write), self.held.eq(held), self.changed.eq(changed)]
        with m.If(~self.side.valid):
            m.d.sync += held.eq(entry.held)
        with m.If(self.written):
            m.d.sync += changed.eq(1)
        with m.If(self.load.writes(isa.Kind.TABLES)):
            m.d.sync += changed.eq(0)

    def _place(self, m: Module, column: Signal, *, row: Signal, int4: Signal) -> EntryStep:
        """The address of the entry in ``column`` of ``row``: columns of int8 are the bytes in order, of int4 first the lower nibbles of a
        beat, then the higher ones (docs/reference/isa.md, "Tables")."""
        m.submodules.entry = entry = EntryStep()
        bank_bits = self._params.width.bank_bits
        byte, above = column[:bank_bits], column[bank_bits:]
        m.d.comb += [
            self.side.address.eq(row | Mux(int4, above[1:], above)),
            self.side.lane.eq(byte[1:]),
            entry.byte.eq(byte[0]),
            entry.nibble.eq(above[0]),
            entry.int4.eq(int4),
        ]
        return entry
