"""Loader: the bytes of a memory image to writes on the load bus, every check of docs/reference/image.md on the way.

Reference page: docs/reference/blocks/loader.md.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import LoadBus
from .crc import SerialCrc

__all__ = ["Loader", "space_words"]

_CHECK, _DECIDE, _IDLE = 12, 13, 14  # clocks after a byte's transfer; in 0..7 its bits pass, in 0..11 address and length turn

_SECTION_BITS = 8

_KINDS = (isa.Kind.TABLES, isa.Kind.ANCHORS, isa.Kind.PROGRAM, isa.Kind.STORE, isa.Kind.JITTER, isa.Kind.CONFIG)


class _Phase(IntEnum):
    HEADER = 0
    SECTION = 1
    PAYLOAD = 2
    CRC = 3


def space_words(
    *,
    table_bytes: int,
    anchor_words: int = isa.ANCHOR_WORDS,
    instructions: int = isa.MAX_INSTRUCTIONS,
    latencies: int = isa.STORE_WORDS * isa.LANES,
) -> dict[isa.Kind, int]:
    """16-bit words of each space that may be loaded, from the sizes of the core's memories; the store's last word, always zero, may not."""
    return {
        isa.Kind.TABLES: table_bytes // 2,
        isa.Kind.ANCHORS: 4 * anchor_words,
        isa.Kind.PROGRAM: isa.WORDS_PER_INSTRUCTION * instructions,
        isa.Kind.STORE: latencies - isa.LANES,
        isa.Kind.JITTER: 256,
        isa.Kind.CONFIG: 4,
    }


def _span(words: int) -> tuple[int, int]:
    """(h, l) with ``words`` = 2^h - 2^l, or 2^h with l = h: a few LUTs tell what is beyond, where a comparator takes a carry chain."""
    high = max(words - 1, 0).bit_length()
    rest = (1 << high) - words
    if words < 1 or rest & (rest - 1):
        raise ValueError(f"words of a space must be a power of two, or one less a smaller one, not {words!r}")
    return high, rest.bit_length() - 1 if rest else high


def _beyond(address: Value, span: tuple[int, int]) -> Value:
    high, low = span
    return address[high:].any() | (address[low:high].all() if low < high else 0)


class Loader(wiring.Component):
    """One image at a time: header, sections, end.

    ``start`` (one clock) forgets everything and expects a header; so does reset. ``i`` takes a byte every 15 clocks; after ``done`` or
    ``error`` every byte at once, without effect. ``load`` strobes once for each word of a section of kind 0..5, when its second byte is in
    and its address found within the space. A section's words are thus written before its CRC is known: while not ``done``, what is in the
    memories must not be used.

    ``done``: the image ended without error, by END or by REST: what comes after REST stays where it is. ``error``, ``code``
    (firmware.isa.LoadError): it did not; the first error stays until ``start``. ``fail`` (one clock): the source of the bytes is lost,
    error FLASH. Both ``done`` and ``error`` stand when ``i`` is ready again. ``section``: the number, from 0 and modulo 256, of the section
    that is read, or was when it ended.

    ``scrub`` (one clock) begins anew like ``start``, but only checks: nothing is written, and the image goes on after REST. Then ``done``
    if an image was loaded whole before it; if none was, ``error`` with the code NONE.

    ``words``: the words of each space, from :func:`space_words`. ``comparators``: the P of the header. ``loaded``: ``done`` from reset on,
    for simulations that begin with filled memories.
    """

    def __init__(self, *, words: Mapping[isa.Kind, int], comparators: int, loaded: bool = False) -> None:
        if set(words) != set(_KINDS):
            raise ValueError(
                f"words must name the spaces {', '.join(kind.name for kind in _KINDS)}, not {', '.join(kind.name for kind in words)}"
            )
        self._spans, self._comparators = {kind: _span(count) for kind, count in words.items()}, comparators
        super().__init__(
            {
                "i": In(stream.Signature(unsigned(8))),
                "load": Out(LoadBus()),
                "start": In(1),
                "scrub": In(1),
                "fail": In(1),
                "done": Out(1, init=int(loaded)),
                "error": Out(1),
                "code": Out(isa.LoadError),
                "section": Out(_SECTION_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = SerialCrc(catalog.CRC32_ISO_HDLC)

        phase = Signal(_Phase)
        position = Signal(4)  # of the byte within header, section header or CRC; lowest bit: within a word
        count = Signal(4, init=_IDLE)  # clocks since the byte came
        word = Signal(16, reset_less=True)  # a byte enters at the top and goes down, bit by bit
        wide = max(high for high, _ in self._spans.values()) > 16
        address = Signal(24 if wide else 16, reset_less=True)  # turned through a serial adder by half its bits in a byte's time
        left = Signal(24, reset_less=True)  # payload bytes to come, turned likewise
        carry, borrow = Signal(reset_less=True), Signal(reset_less=True)
        some = Signal(reset_less=True)  # a bit of left is 1
        skip, empty, last = Signal(reset_less=True), Signal(reset_less=True), Signal(reset_less=True)  # nothing is written; END or REST
        checking = Signal()  # what runs is a scrub
        whole = Signal()  # an image had been loaded before it
        beyond = Signal(reset_less=True)
        wrong = Signal()  # a bit of the header or of a CRC differs

        running = Signal()
        shift, turn, check, decide = Signal(), Signal(), Signal(), Signal()
        half = turn if wide else shift  # half the bits of an address
        bit = word[8]
        byte = word[:8]  # once its bits have passed
        ends, rests = Signal(), Signal()
        m.d.comb += [ends.eq(byte == isa.Kind.END), rests.eq(byte == isa.Kind.REST)]
        m.d.comb += [running.eq(~self.done & ~self.error), self.i.ready.eq((count == _IDLE) | ~running)]
        m.d.comb += [shift.eq(~count[3]), turn.eq(~count[2:].all()), check.eq(count == _CHECK), decide.eq(count == _DECIDE)]
        m.d.comb += [crc.bit.eq(bit), crc.shift.eq(shift)]

        accept = Signal()
        m.d.comb += accept.eq(self.i.valid & running & (count == _IDLE))
        m.d.sync += self.load.strobe.eq(0)
        with m.If(count != _IDLE):
            m.d.sync += count.eq(count + 1)
        with m.Elif(accept):
            m.d.sync += [count.eq(0), word[8:].eq(self.i.payload)]
        with m.If(shift):
            m.d.sync += word.eq(word[1:])
            with m.If(crc.given & (bit != crc.expected)):
                m.d.sync += wrong.eq(1)
        with m.If(decide):
            m.d.sync += position.eq(position + 1)

        def enter(following: _Phase) -> list[Any]:
            return [phase.eq(following), position.eq(0)]

        def stop(code: isa.LoadError) -> list[Any]:
            return [self.error.eq(1), self.code.eq(code)]

        expected = isa.IMAGE_MAGIC + bytes([isa.IMAGE_VERSION, self._comparators, isa.LANES, 0])
        header = Const(int.from_bytes(expected, "little"), 64)
        with m.Switch(phase):
            with m.Case(_Phase.HEADER):
                m.d.comb += crc.given.eq(position[2:].all())
                with m.If(shift & ~position[3] & (bit != header.bit_select(Cat(count[:3], position[:3]), 1))):
                    m.d.sync += wrong.eq(1)
                with m.If(check & ~position[3] & wrong):
                    m.d.sync += stop(isa.LoadError.HEADER)
                with m.If(check & (position == 15) & wrong):
                    m.d.sync += stop(isa.LoadError.HEADER_CRC)
                with m.If(decide & (position == 15)):
                    m.d.comb += crc.clear.eq(1)
                    m.d.sync += enter(_Phase.SECTION)
            with m.Case(_Phase.SECTION):
                m.d.sync += carry.eq(0)
                enters = ~position[2] if wide else ~position[2] & ~position[:2].all()
                with m.If(shift & enters):
                    m.d.sync += [address.eq(Cat(address[1:], bit)), some.eq(0)]
                with m.If(shift & position[2] & ~position[:2].all()):
                    m.d.sync += [left.eq(Cat(left[1:], bit)), some.eq(some | bit)]
                with m.If(half & position[:3].all()):
                    m.d.sync += address.eq(address.rotate_right(1))
                with m.If(check & (position == 0)):
                    m.d.sync += [self.load.space.eq(byte), skip.eq(byte[3:].any() | checking)]
                    m.d.sync += [empty.eq(ends | rests), last.eq(ends | (rests & ~checking))]
                    with m.If(~((byte < len(_KINDS)) | (byte[2:] == isa.Kind.META >> 2) | ends)):
                        m.d.sync += stop(isa.LoadError.SECTION)
                if not wide:
                    with m.If(check & (position == 3) & byte.any() & ~skip):
                        m.d.sync += stop(isa.LoadError.SECTION)
                with m.If(check & (position == 7) & (left[0] | byte.any() | (empty & some))):
                    m.d.sync += stop(isa.LoadError.SECTION)
                with m.If(decide & (position == 7)):
                    m.d.sync += enter(_Phase.PAYLOAD)
                    with m.If(~some):
                        m.d.sync += enter(_Phase.CRC)
            with m.Case(_Phase.PAYLOAD):
                with m.If(half):
                    m.d.sync += [address.eq(Cat(address[1:], address[0] ^ carry)), carry.eq(carry & address[0])]
                with m.If(turn):
                    m.d.sync += [left.eq(Cat(left[1:], left[0] ^ borrow)), borrow.eq(borrow & ~left[0]), some.eq(some | (left[0] ^ borrow))]
                with m.If((count == 0) & ~position[0]):
                    m.d.sync += [borrow.eq(1), some.eq(0)]  # from bit 1 on: a word is two bytes
                with m.If(accept & position[0] & ~skip):
                    m.d.sync += self.load.strobe.eq(~beyond)
                with m.If((count == 0) & position[0] & ~skip & beyond):
                    m.d.sync += stop(isa.LoadError.SECTION)
                with m.If(decide & ~position[0]):
                    m.d.sync += carry.eq(1)
                    with m.If(carry & ~skip):  # the address went round
                        m.d.sync += stop(isa.LoadError.SECTION)
                with m.If(decide & position[0] & ~some):
                    m.d.sync += enter(_Phase.CRC)
            with m.Case(_Phase.CRC):
                m.d.comb += crc.given.eq(1)
                with m.If(check & (position == 3)):
                    with m.If(wrong):
                        m.d.sync += stop(isa.LoadError.SECTION_CRC)
                    with m.Elif(last):
                        m.d.sync += [self.done.eq(whole | ~checking), self.error.eq(checking & ~whole)]
                with m.If(decide & (position == 3)):
                    m.d.comb += crc.clear.eq(1)
                    m.d.sync += [enter(_Phase.SECTION), self.section.eq(self.section + running)]

        m.d.comb += [self.load.address.eq(address), self.load.data.eq(word)]
        with m.Switch(self.load.space):
            for kind in _KINDS:
                with m.Case(kind):
                    m.d.sync += beyond.eq(_beyond(address, self._spans[kind]))

        with m.If(self.fail):
            m.d.sync += stop(isa.LoadError.FLASH)
        with m.If(self.start | self.scrub):
            m.d.comb += crc.clear.eq(1)
            m.d.sync += [enter(_Phase.HEADER), wrong.eq(0), count.eq(_IDLE), checking.eq(self.scrub)]
            m.d.sync += [self.done.eq(0), self.error.eq(0), self.code.eq(isa.LoadError.NONE), self.section.eq(0)]
        with m.If(self.start):
            m.d.sync += whole.eq(0)
        with m.Elif(self.scrub):
            m.d.sync += whole.eq(whole | self.done)
        return m
