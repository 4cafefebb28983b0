"""Sorter: the earliest spikes and the symbol ('Choosing a symbol' in docs/reference/numbers.md, docs/reference/blocks/sorter.md)."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory, ReadPort
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.cells import SortedCells
from hdl.core.jitter import Jitter
from hdl.core.layouts import LatencyStream
from hdl.link.bus import LoadBus

MAX_DEPTH = 8

ResultPort = ReadPort.Signature(addr_width=5, shape=unsigned(16))
"""Reads the list of spikes."""


def done_clocks(*, jitter: bool, k: int, n_out: int, depth: int = MAX_DEPTH) -> int:
    """Clocks from the one in which the last latency is taken to the first one with ``done``."""
    return 2 * depth + 8 + 2 * min(k, n_out, depth) if jitter and k else 3


class Sorter(wiring.Component):
    """The ``depth`` earliest spikes of a step, and the symbol.

    ::

                        jitter --+
                                 v
        i --> latched --> minus jitter --> cells 0..depth-1, a sorted list --> symbol
                 ^                             |
                 +--------- results <----------+
                 (top-k)    (EBR)  --> host

    A step: ``start``, then one latency for every output in neuron order, the last with ``last``. ``ready`` is high from the second clock
    after ``start`` until the last latency is taken: one latency a clock in every mode. ``done`` is first high :func:`done_clocks` clocks
    after that latency, with ``symbol``, and both stay until the clock of the next ``start``.

    The list is copied to the results in the background: it can be read 2 * depth + 4 clocks after the last latency. A ``start`` during
    the copy waits for its end; a ``start`` before ``done`` drops the step begun (draws made stay made).

    Words of the load bus with the spaces JITTER and CONFIG are written; none may come between ``start`` and ``done``. Latencies wrap at
    16 bits when jitter is subtracted. After a reset there is no ``done``. At power-up jitter is off and k is 0; a reset leaves them as
    they are. ``depth``: cells, 1..8. ``late``: memories give their words late in a clock.
    """

    load: In(LoadBus())
    start: In(1)  # a step begins
    i: In(LatencyStream)
    symbol: Out(8)  # the step's, while ``done``
    done: Out(1)
    results: Out(ResultPort)  # 0 number of spikes listed, then neuron, latency of each; not between ``start`` and ``done``

    def __init__(self, *, depth: int = MAX_DEPTH, late: bool = False) -> None:
        if not isinstance(depth, int) or not 1 <= depth <= MAX_DEPTH:
            raise ValueError(f"depth must be 1..{MAX_DEPTH}, not {depth!r}")
        self.depth, self._late = depth, late
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.generator = jitter = Jitter(late=self._late)
        m.submodules.cells = cells = SortedCells(depth=self.depth)
        m.submodules.results = results = Memory(shape=unsigned(16), depth=32, init=[])
        write = results.write_port(granularity=8)
        read = results.read_port()
        wiring.connect(m, wiring.flipped(self.load), jitter.load)

        k, every, top_k = self._mode(m)

        # Control. `left` is the word of the results that is copied: the last spike's latency first, the number of spikes (word 0) last.
        # It counts on below zero: `back` = ~left is then the word read back, from 0 upwards, one clock before it arrives.
        intake = Signal()
        settling = Signal()
        copying = Signal()
        replaying = Signal()
        pending = Signal()
        left = Signal(5, reset_less=True)
        listed = Signal(4, reset_less=True)
        replayed = Signal(reset_less=True)
        jitter_on = Signal(reset_less=True)
        latched_valid = Signal()
        key_valid = Signal()
        idle = ~(intake | settling | copying | replaying)
        ready = intake & ~pending
        take = self.i.valid & ready
        back = (~left)[:5]
        copied = left == 0
        begin = idle & pending
        settled = settling & ~latched_valid  # the last latency enters the cells
        replay_end = back[0] & ((back[1:] == k) | (back[1:] == listed))
        m.d.comb += self.i.ready.eq(ready)
        m.d.sync += [
            pending.eq(self.start | (pending & ~begin)),
            intake.eq(begin | (ready & ~(take & self.i.payload.last))),
            settling.eq((take & self.i.payload.last) | (~pending & ((replaying & replay_end) | (settling & latched_valid)))),
            copying.eq((settled & ~replayed & ~pending) | (copying & ~copied)),
            replaying.eq(~pending & ((copying & copied & top_k) | (replaying & ~replay_end))),
            self.done.eq(~self.start & (self.done | (settled & ~pending & (replayed | ~top_k)))),
        ]

        m.d.sync += left.eq(Mux(copying | replaying, left - 1, 2 * self.depth))
        with m.If(idle):
            m.d.sync += listed.eq(0)
        with m.Elif(take & (listed != self.depth)):
            m.d.sync += listed.eq(listed + 1)
        m.d.sync += [replayed.eq(~idle & (replayed | (replaying & back[0]))), jitter_on.eq(every | replayed)]

        # Words 2r + 1 (neuron) and 2r + 2 (latency) read back are latched one after the other.
        neuron = Signal(8, reset_less=True)  # of the latency that comes
        latched = Signal(16, reset_less=True)  # inverted latency
        latched_neuron = Signal(8, reset_less=True)
        replay_latency = replaying & replayed & back[0] & ~pending
        with m.If(self.start):
            m.d.sync += neuron.eq(0)
        with m.Elif(take):
            m.d.sync += neuron.eq(neuron + 1)
        m.d.sync += [latched.eq(~Mux(replaying, read.data, self.i.payload.latency)), latched_valid.eq(take | replay_latency)]
        with m.If(~(replaying & back[0])):
            m.d.sync += latched_neuron.eq(Mux(replaying, read.data[:8], neuron))

        # ~(latency - jitter) = ~latency + jitter; with the sign bit inverted its order is that of unsigned integers, the latest first.
        key = Signal(16, reset_less=True)
        key_neuron = Signal(8, reset_less=True)
        m.d.comb += [jitter.prepare.eq(begin), jitter.draw.eq((take & every) | replay_latency), jitter.enable.eq(jitter_on)]
        m.d.sync += [key.eq((latched + jitter.jitter) ^ 0x8000), key_neuron.eq(latched_neuron), key_valid.eq(latched_valid)]
        m.d.comb += [
            cells.key.eq(key),
            cells.neuron.eq(key_neuron),
            cells.enter.eq(key_valid),
            cells.shift.eq(copying & left[0]),
            cells.clear.eq(idle | copying),
            self.symbol.eq(cells.first.neuron),
        ]

        # Results: the high bytes of neurons and number are never written, and stay 0.
        latency = cells.last.latency
        m.d.comb += [
            write.addr.eq(left),
            write.data.eq(Cat(Mux(left[0], cells.last.neuron, latency[:8]), latency[8:] ^ 0x80)),
            write.en.eq(Cat(copying, copying & ~left[0] & ~copied)),
            read.addr.eq(Mux(replaying, back, self.results.addr)),
            read.en.eq(replaying | self.results.en),
            self.results.data.eq(read.data),
        ]
        with m.If(copied):
            m.d.comb += write.data[:8].eq(listed)
        return m

    def _mode(self, m: Module) -> tuple[Signal, Signal, Signal]:
        """k, and what gets jitter: nothing, every latency, or the k earliest."""
        k = Signal(4, reset_less=True)
        every = Signal(reset_less=True)
        top_k = Signal(reset_less=True)
        with m.If(self.load.writes(isa.Kind.CONFIG) & (self.load.address[:2] == isa.Config.MODE)):
            wanted, jittered = self.load.data[: isa.K_BITS], self.load.data[isa.JITTER_BIT]
            m.d.sync += [k.eq(wanted), every.eq(jittered & (wanted == 0)), top_k.eq(jittered & (wanted != 0))]
        return k, every, top_k
