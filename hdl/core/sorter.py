"""Latency sorter: keeps the earliest spikes of a step and chooses the step's symbol.

The rules are those of docs/reference/numbers.md, 'Choosing a symbol'; the block is described in docs/reference/blocks/sorter.md.
"""

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, signed
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.core.jitter import Jitter

__all__ = ["Sorter", "done_clocks"]

MAX_DEPTH = 8


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

    Ports: ``jitter_*`` writes the jitter table, ``config_*`` the registers of docs/reference/image.md; neither between ``start`` and
    ``done``. ``result_data`` is the word at ``result_address`` of the clock before: 0 the number of spikes listed, then neuron, latency
    for each; not to be read between ``start`` and ``done``.

    ``depth``: cells, 1..8. Latencies wrap at 16 bits when jitter is subtracted. After a reset there is no ``done``. At power-up jitter is
    off and k is 0; a reset leaves them as they are.
    """

    def __init__(self, *, depth: int = MAX_DEPTH) -> None:
        if not isinstance(depth, int) or not 1 <= depth <= MAX_DEPTH:
            raise ValueError(f"depth must be 1..{MAX_DEPTH}, not {depth!r}")
        self.depth = depth
        super().__init__(
            {
                "start": In(1),
                "i": In(stream.Signature(data.StructLayout({"latency": signed(16), "neuron": 8, "last": 1}))),
                "symbol": Out(8),
                "done": Out(1),
                "jitter_address": In(8),
                "jitter_data": In(16),
                "jitter_write": In(1),
                "config_address": In(2),
                "config_data": In(16),
                "config_write": In(1),
                "result_address": In(5),
                "result_data": Out(16),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.jitter = jitter = Jitter()
        m.submodules.results = results = memory.Memory(shape=Shape(16), depth=32, init=[])
        write = results.write_port(granularity=8)
        read = results.read_port()
        m.d.comb += [
            jitter.table_address.eq(self.jitter_address),
            jitter.table_data.eq(self.jitter_data),
            jitter.table_write.eq(self.jitter_write),
            jitter.config_address.eq(self.config_address),
            jitter.config_data.eq(self.config_data),
            jitter.config_write.eq(self.config_write),
        ]

        # Modes: no jitter at all, jitter on every latency, or on the k earliest.
        k = Signal(4, reset_less=True)
        every = Signal(reset_less=True)
        top_k = Signal(reset_less=True)
        with m.If(self.config_write & (self.config_address == 2)):
            few = self.config_data[:4].any()
            m.d.sync += [k.eq(self.config_data), every.eq(self.config_data[8] & ~few), top_k.eq(self.config_data[8] & few)]

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
        m.d.sync += replayed.eq(~idle & (replayed | (replaying & back[0])))
        m.d.sync += jitter_on.eq(every | replayed)

        # Words 2r + 1 (neuron) and 2r + 2 (latency) read back are latched one after the other.
        latched = Signal(16, reset_less=True)  # inverted latency
        latched_neuron = Signal(8, reset_less=True)
        replay_latency = replaying & replayed & back[0] & ~pending
        m.d.sync += [
            latched.eq(~Mux(replaying, read.data, self.i.payload.latency)),
            latched_valid.eq(take | replay_latency),
        ]
        with m.If(~(replaying & back[0])):
            m.d.sync += latched_neuron.eq(Mux(replaying, read.data[:8], self.i.payload.neuron))
        m.d.comb += [
            jitter.prepare.eq(begin),
            jitter.draw.eq((take & every) | replay_latency),
        ]

        # ~(latency - jitter) = ~latency + jitter; with the sign bit inverted its order is that of unsigned integers, the latest first.
        key = Signal(16, reset_less=True)
        key_neuron = Signal(8, reset_less=True)
        m.d.comb += jitter.enable.eq(jitter_on)
        m.d.sync += [
            key.eq((latched + jitter.jitter) ^ 0x8000),
            key_neuron.eq(latched_neuron),
            key_valid.eq(latched_valid),
        ]

        # Cells: latency with the sign bit inverted, and neuron.
        # A cell later than the key takes its predecessor, or the key if that one is not later.
        shift = copying & left[0]
        record = Cat(~key, key_neuron)
        cells = [Signal(24, name=f"cell_{index}", reset_less=True) for index in range(self.depth)]
        used = [Signal(name=f"used_{index}", reset_less=True) for index in range(self.depth)]
        moves = [Signal(name=f"moves_{index}") for index in range(self.depth)]
        for index, cell in enumerate(cells):
            total = Signal(17, name=f"total_{index}")
            later = Signal(name=f"later_{index}")
            m.d.comb += [
                total.eq(cell[:16] + key),
                later.eq((total[16] | ~used[index]) & key_valid),
                moves[index].eq(later | shift),
            ]
            if index == 0:  # never shifted out: it holds the symbol
                before, used_before, enable = record, 1, later
            else:
                before, used_before, enable = Mux(moves[index - 1], cells[index - 1], record), used[index - 1], moves[index]
            with m.If(enable):
                m.d.sync += cell.eq(before)
            m.d.sync += used[index].eq((used[index] | (used_before & key_valid)) & ~(idle | copying))
        m.d.comb += self.symbol.eq(cells[0][16:])

        # Results: the high bytes of neurons and number are never written, and stay 0.
        m.d.comb += [
            write.addr.eq(left),
            write.data.eq(Cat(Mux(left[0], cells[-1][16:], cells[-1][:8]), cells[-1][8:16] ^ 0x80)),
            write.en.eq(Cat(copying, copying & ~left[0] & ~copied)),
            read.addr.eq(Mux(replaying, back, self.result_address)),
            read.en.eq(1),
            self.result_data.eq(read.data),
        ]
        with m.If(copied):
            m.d.comb += write.data[:8].eq(listed)
        return m
