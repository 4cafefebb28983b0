"""Claims of the sequencer: each step ends once, in order, and only when all of it is done."""

from amaranth.hdl import Signal

from firmware import isa
from hdl.core.sequencer import Sequencer

from ..claims import Claims
from ..prove import Proof


def _sequencer() -> Claims:
    c = Claims(Sequencer(width=isa.Width()))
    m, b = c.m, c.block
    c.steady(b.step)
    taken = b.step.valid & b.step.ready
    given = b.symbol.valid & b.symbol.ready

    # Of the surroundings: in a step one run with `sort` is retired and one with `end`, the latter not before the former.
    reading, done = c.state("sorting_state", "READ"), c.state("sorting_state", "DONE")
    sorted_ = Signal(name="seen_sort")
    ended = Signal(name="seen_end")
    with m.If(b.retired & b.sort):
        m.d.sync += sorted_.eq(1)
    with m.If(b.retired & b.end):
        m.d.sync += ended.eq(1)
    with m.If(b.stepped):
        m.d.sync += [sorted_.eq(0), ended.eq(0)]
    c.assume(~b.retired | b.running)
    c.assume(~(b.retired & b.sort) | (~sorted_ & ~ended))
    c.assume(~(b.retired & b.end) | ((sorted_ | b.sort) & ~ended))

    owed = Signal(2, name="owed")  # steps taken less symbols given
    m.d.sync += owed.eq(owed + taken - given)
    c.claim("no symbol without a step", owed >= b.symbol.valid + b.running, fault="finish is 1")
    c.lemma("owed", owed == b.symbol.valid + b.running)
    c.claim("every step taken leaves one symbol, at most two are under way", owed <= 2, fault="running late")
    c.stable(b.symbol, name="symbol", fault="symbol__valid late")
    c.claim("`running` rises with a transfer of `step` only", taken | c.before(0), when=b.go, fault="go is 1")
    return c


PROOFS = (Proof(block="sequencer", write=_sequencer),)
