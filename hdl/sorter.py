"""Latency sorter: keeps the earliest spikes of a step and chooses the step's symbol.

The rules are those of docs/reference/numbers.md, 'Choosing a symbol'; the block is described in docs/reference/blocks/sorter.md.
"""

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, signed
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.enum import Enum
from amaranth.lib.wiring import In, Out

from hdl.jitter import Jitter

__all__ = ["Sorter", "done_clocks"]

MAX_DEPTH = 8


class State(Enum):
    """What the sorter does: waits for a start, takes latencies, waits for the last to reach the cells, copies the list, reads the k earliest back."""

    IDLE = 0
    INTAKE = 1
    SETTLE = 2
    COPY = 3
    REPLAY = 4


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

    A step: ``start``, then one latency for every output in neuron order, the last with ``last``. ``ready`` is high from the clock after ``start`` until the last latency
    is taken: one latency a clock in every mode. ``done`` is first high :func:`done_clocks` clocks after that latency, with ``symbol``, and both stay until the clock of
    the next ``start``.

    The list is copied to the results in the background: it is complete 2 * depth + 4 clocks after the last latency. A ``start`` during the copy waits for its end;
    a ``start`` at any other time before ``done`` drops the step begun.

    Ports: ``jitter_*`` writes the jitter table, ``config_*`` the registers of docs/reference/image.md; neither between ``start`` and ``done``. ``result_data`` is the word at
    ``result_address`` of the clock before: 0 the number of spikes listed, then neuron, latency for each; not while a step is running.

    ``depth``: cells, 1..8. After a reset there is no ``done``. At power-up jitter is off and k is 0; a reset leaves them as they are.
    """

    def __init__(self, *, depth: int = MAX_DEPTH):
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

        k = Signal(4, reset_less=True)
        jittered = Signal(reset_less=True)
        with m.If(self.config_write & (self.config_address == 2)):
            m.d.sync += [k.eq(self.config_data[:4]), jittered.eq(self.config_data[8])]
        top_k = jittered & k.any()

        # Control. `left` is the word of the results that is copied: the last spike's latency first, the number of spikes (word 0) last.
        # It counts on below zero: ~left is then the word read back, from 0 upwards.
        left = Signal(5)
        back = (~left)[:5]
        listed = Signal(4)  # spikes in the list, up to depth
        pending = Signal()  # a start that waits for the end of the copy
        replayed = Signal()  # the k earliest have been read back
        begin = Signal()
        copying = Signal()
        replaying = Signal()
        clear = Signal()
        take = Signal()

        latched_valid = Signal()
        key_valid = Signal()
        state = Signal(State)
        with m.Switch(state):
            with m.Case(State.IDLE):
                m.d.comb += clear.eq(1)
            with m.Case(State.INTAKE):
                m.d.comb += [self.i.ready.eq(1), take.eq(self.i.valid)]
                with m.If(self.i.valid & self.i.payload.last):
                    m.d.sync += state.eq(State.SETTLE)
            with m.Case(State.SETTLE):
                with m.If(~latched_valid):
                    m.d.sync += [self.done.eq(replayed | ~top_k), state.eq(Mux(replayed, State.IDLE, State.COPY))]
            with m.Case(State.COPY):
                m.d.comb += [copying.eq(1), clear.eq(1)]
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0):
                    m.d.sync += state.eq(Mux(top_k, State.REPLAY, State.IDLE))
            with m.Case(State.REPLAY):
                m.d.comb += replaying.eq(1)
                m.d.sync += [left.eq(left - 1), replayed.eq(1)]
                with m.If(back[0] & ((back[1:] == k) | (back[1:] == listed))):
                    m.d.sync += state.eq(State.SETTLE)
        with m.If(take & (listed != self.depth)):
            m.d.sync += listed.eq(listed + 1)
        m.d.comb += begin.eq((self.start | pending) & ~(copying & (left != 0)))
        with m.If(self.start | pending):
            m.d.sync += [pending.eq(~begin), self.done.eq(0)]
        with m.If(begin):
            m.d.comb += clear.eq(1)
            m.d.sync += [listed.eq(0), replayed.eq(0), left.eq(2 * self.depth), state.eq(State.INTAKE)]

        # Words 2r + 1 (neuron) and 2r + 2 (latency) read back are latched one after the other.
        latched = Signal(16, reset_less=True)  # inverted latency
        latched_neuron = Signal(8, reset_less=True)
        replay_latency = replaying & back[0] & back[1:].any()
        m.d.sync += [
            latched.eq(~Mux(replaying, read.data, self.i.payload.latency)),
            latched_valid.eq((take | replay_latency) & ~begin),
        ]
        with m.If(~(replaying & back[0])):
            m.d.sync += latched_neuron.eq(Mux(replaying, read.data[:8], self.i.payload.neuron))
        m.d.comb += [
            jitter.prepare.eq(begin),
            jitter.draw.eq((take & jittered & ~k.any()) | replay_latency),
        ]

        # ~(latency - jitter) = ~latency + jitter; with the sign bit inverted its order is that of unsigned integers, the latest first.
        key = Signal(16, reset_less=True)
        key_neuron = Signal(8, reset_less=True)
        m.d.comb += jitter.enable.eq(jittered & (replayed | ~k.any()))
        m.d.sync += [
            key.eq((latched + jitter.jitter) ^ 0x8000),
            key_neuron.eq(latched_neuron),
            key_valid.eq(latched_valid & ~begin),
        ]

        # Cells: latency with the sign bit inverted, neuron. A cell later than the key takes its predecessor, or the key if that one is not later.
        shift = copying & left[0]
        record = Cat(~key, key_neuron)
        before, moves_before, used_before = record, None, 1
        for index in range(self.depth):
            cell = Signal(24, name=f"cell_{index}", reset_less=True)
            used = Signal(name=f"used_{index}")
            later = Signal(name=f"later_{index}")
            total = Signal(17, name=f"total_{index}")
            m.d.comb += [
                total.eq(cell[:16] + key),
                later.eq((total[16] | ~used) & key_valid | (shift if index else 0)),
            ]
            with m.If(later):
                m.d.sync += cell.eq(record if moves_before is None else Mux(moves_before, before, record))
            m.d.sync += used.eq((used | (used_before & key_valid)) & ~clear)
            if index == 0:
                m.d.comb += self.symbol.eq(cell[16:])
                moves_before_next = later | shift
            else:
                moves_before_next = later
            before, moves_before, used_before = cell, moves_before_next, used

        # Results: the high bytes of neurons and number are never written, and stay 0.
        m.d.comb += [
            write.addr.eq(left),
            write.data.eq(Cat(Mux(left[0], before[16:], before[:8]), before[8:16] ^ 0x80)),
            write.en.eq(Cat(copying, copying & ~left[0] & (left != 0))),
            read.addr.eq(Mux(replaying, back, self.result_address)),
            read.en.eq(1),
            self.result_data.eq(read.data),
        ]
        with m.If(left == 0):
            m.d.comb += write.data[:8].eq(listed)
        return m
