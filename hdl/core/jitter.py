"""Gumbel jitter: pseudo-random numbers by a table ('Choosing a symbol' in docs/reference/numbers.md, docs/reference/blocks/jitter.md)."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.link.bus import LoadBus


def _two_shifts(state: Value) -> Value:
    """The first two of xorshift32's three steps."""
    state = (state ^ (state << 13))[:32]
    return state ^ (state >> 17)


def _last_shift(state: Value) -> Value:
    return (state ^ (state << 5))[:32]


def code(uniform: Value) -> Value:
    """Table address (8 bits) of 16 uniform bits: tail, segment and position in it, finest at both tails.

    A normaliser: the zeros in front of the leading one are shifted out 4, 2 and 1 at a time. Segment 7, without a leading one, is shifted
    as segment 6 is.
    """
    tail = uniform[15]
    value = uniform[3:15] ^ tail.replicate(12)  # lower bits never reach the address
    by_4 = ~value[8:12].any()
    value = Mux(by_4, value[0:8], value[4:12])[:8]
    by_2 = ~value[6:8].any()
    value = Mux(by_2, value[0:6], value[2:8])[:6]
    by_1 = ~value[5]
    mantissa = Mux(by_1 & ~(by_4 & by_2), value[0:4], value[1:5])[:4]
    return Cat(mantissa, by_1, by_2, by_4, tail)


class Jitter(wiring.Component):
    """A jitter value for each draw: ``table[code(u)] + (d & mask)``.

    ::

        seed --> xorshift32 --u--> code --> table (EBR) --+--> jitter
                     |                                    |
                     +------d--> & mask --> register -----+

    There is no handshake, because the next draw is always there. ``draw`` takes it, and ``jitter`` is its value in the next clock (only
    there), or 0 while ``enable`` is low. Delay 1 clock, throughput one draw a clock.

    The state register is one step ahead of the draws taken. A seed is written unchanged, low and high half in either order, and stepped
    ahead by ``prepare``. This must be strobed after a seed is written and before the first draw (the sorter does so for every step; without
    a new seed it has no effect). At power-up the seed is 1, the mask and the table are 0; a reset changes none of them.

    Words of the load bus with space JITTER are entries of the table, those with space CONFIG registers: 0 seed low, 1 seed high, 3 mask (2
    is not here). None may be written in the clock of a draw or of ``prepare``. The sum wraps at 16 bits.

    ``late``: the table gives its words late in a clock. ``enable`` then acts before the sum, so that synthesis can make one of this sum and
    the one that ``jitter`` goes into; that takes more cells.
    """

    load: In(LoadBus())
    prepare: In(1)  # steps a new seed ahead
    draw: In(1)  # takes the draw
    enable: In(1)  # low: ``jitter`` is 0
    jitter: Out(signed(16))  # of the draw a clock ago

    def __init__(self, *, late: bool = False) -> None:
        self._late = late
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.table = table = Memory(shape=unsigned(16), depth=256, init=[])
        write = table.write_port()
        read = table.read_port()
        load = self.load
        m.d.comb += [write.addr.eq(load.address[:8]), write.data.eq(load.data), write.en.eq(load.writes(isa.Kind.JITTER))]

        state = Signal(32, init=1, reset_less=True)
        seeded = Signal(init=1, reset_less=True)  # the state is still the seed itself
        mask = Signal(8, reset_less=True)
        fraction = Signal(8, reset_less=True)
        halfway = Signal(32, attrs={"keep": True})  # shared by two bits of the next state each; dissolved, it costs 30 LUTs more
        m.d.comb += halfway.eq(_two_shifts(state))
        advance = self.draw | (self.prepare & seeded)
        register, configures = load.address[:2], load.writes(isa.Kind.CONFIG)
        for half in range(2):
            seed = configures & (register == half)
            with m.If(advance | seed):
                m.d.sync += state.word_select(half, 16).eq(Mux(seed, load.data, _last_shift(halfway).word_select(half, 16)))
        with m.If(self.prepare):
            m.d.sync += seeded.eq(0)
        with m.If(configures & (register < 2)):
            m.d.sync += seeded.eq(1)
        with m.If(configures & (register == 3)):
            m.d.sync += mask.eq(load.data[:8])

        m.d.sync += fraction.eq(state[:8] & mask)
        if self._late:
            coarse, fine = (value & self.enable.replicate(len(value)) for value in (read.data, fraction))
            made = coarse + fine
        else:
            made = Mux(self.enable, read.data + fraction, 0)
        m.d.comb += [read.addr.eq(code(state[16:])), read.en.eq(1), self.jitter.eq(made)]
        return m
