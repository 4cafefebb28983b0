"""Which half of a clock it is, told in a domain of twice that clock."""

from amaranth.hdl import Module, Signal, Value


def first_half(m: Module) -> Value:
    """1 in the first of the two clocks of ``fast`` in a clock of ``sync``; ``fast`` rises with it."""
    turn = Signal(reset_less=True)  # with `sync`
    seen = Signal(reset_less=True)  # by `fast`
    first = Signal()
    m.d.sync += turn.eq(~turn)
    m.d.fast += seen.eq(turn)
    m.d.comb += first.eq(turn ^ seen)
    return first
