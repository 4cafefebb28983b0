"""Claims of the flash's controllers: the image's bytes stand until they are taken, a failure is told of once."""

from functools import partial

from firmware import isa
from hdl.flash.controller import FlashController
from hdl.flash.serial import SerialFlash

from ..claims import Claims
from ..prove import Proof

WIDTH = isa.Width()


def _wanted(c: Claims) -> None:
    """What both controllers say of an image."""
    b, active = c.block, c.signal("active")
    c.claim("a failure is told of while an image is wanted only", c.past(active & ~b.stop), when=b.fail, fault="fail is 1")
    c.claim("and once", ~b.fail, when=c.past(b.fail), fault="fail is 1")
    c.claim(
        "an image is wanted from a start until it is stopped, or the chip fails",
        b.status.active == (c.past(b.start) | c.before(active & ~(b.stop | b.fail))),
        when=c.past(1),
        cover=c.past(b.start & b.stop),
        fault="active late",
    )


def _serial(lines: int) -> Claims:
    c = Claims(SerialFlash(offset=0x1234, lines=lines, pause_bits=3))
    b = c.block
    active = c.signal("active")
    ends = b.stop | b.start | ~active
    held = c.state("transaction_state", "HELD")
    stalled = c.past(b.o.valid & ~b.o.ready & ~ends)
    c.claim(
        "a byte stands until it is taken, or the image ends",
        b.o.valid & (b.o.payload == c.before(b.o.payload)),
        when=stalled,
        fault="o__valid late",
    )
    c.claim("no byte is offered when none is wanted", ~b.o.valid, when=c.past(ends), fault="o__valid is 1")
    _wanted(c)
    c.claim("a byte comes from the reading only", held, when=b.o.valid & ~c.past(b.o.valid), fault="o__valid is 1")
    c.lemma("held", ~b.o.valid | held)
    c.lemma("got", ~held | ~(c.signal("asked") & (c.signal("clock") == 2) & b.o.valid))
    c.claim(
        "CS# is high in a pause only",
        b.pins.cs_n == c.past(c.state("transaction_state", "PAUSE")),
        when=c.past(1),
        cover=c.past(~c.state("transaction_state", "PAUSE")),
        fault="pins__cs_n late",
    )
    c.claim(
        "SCK is low where CS# changes",
        b.pins.sck == 0,
        when=c.past(b.pins.cs_n != c.before(b.pins.cs_n)) & c.past(c.past(1)),
        fault="sck is 1",
    )
    return c


def _controller() -> Claims:
    c = Claims(FlashController(width=WIDTH, offset=0x1234, nibbles=1, pause_bits=4))
    b = c.block
    status, ends = b.status, b.stop | b.start
    reading = c.signal("reading")
    c.steady(b.row)
    gone = c.past(b.o.valid & ~b.o.ready & ~ends)
    c.claim(
        "a byte of the image is offered until it is taken, or the image ends",
        b.o.valid,
        when=gone & c.before(reading),
        fault="o__valid late",
    )
    c.claim("no byte is offered when none is wanted", ~b.o.valid, when=c.past(ends | ~reading), fault="o__valid is 1")
    _wanted(c)
    c.claim("a row is taken only while rows are served", c.past(status.ready), when=b.row.ready, fault="row__ready is 1")
    c.claim("bytes of rows come only while rows are served", c.past(status.ready), when=b.data.strobe, fault="data__strobe is 1")
    c.claim("a row is taken in one clock", ~b.row.ready, when=c.past(b.row.ready), fault="row__ready is 1")
    return c


PROOFS = (
    *(Proof(block=f"serial flash, lines: {n}", write=partial(_serial, n), clocks=6, reach=40, anywhere=True) for n in (1, 2)),
    Proof(block="flash controller", write=_controller, clocks=6, reach=40, anywhere=True),
)
