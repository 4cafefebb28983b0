"""One section of a memory image, judged, counted and written (docs/reference/image.md, docs/reference/blocks/loader.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import LoadBus
from .serial import SerialCounter

ByteSlots = wiring.Signature(
    {
        "accept": Out(1),  # a byte transfers
        "first": Out(1),  # the clock after it
        "shift": Out(1),  # the first 8 clocks: `bit` passes
        "turn": Out(1),  # the first 12: half the bits of a number of 24 turn
        "check": Out(1),  # the 13th: `byte` is judged
        "decide": Out(1),  # the 14th: what comes next is decided
        "bit": Out(1),  # of the byte, the lowest first
        "byte": Out(8),  # once its bits have passed
    }
)
"""What happens when in a byte's 15 clocks. Out at the one who keeps the time."""

_SPACES = (isa.Kind.TABLES, isa.Kind.ANCHORS, isa.Kind.PROGRAM, isa.Kind.STORE, isa.Kind.JITTER, isa.Kind.CONFIG)
_SDRAM_WORDS = 1 << isa.SDRAM_ADDRESS_BITS - 1


def space_words(
    *,
    table_bytes: int,
    width: isa.Width,
    anchor_words: int = isa.ANCHOR_WORDS,
    instructions: int = isa.MAX_INSTRUCTIONS,
    registers: int = isa.SAMPLER_WORDS,
) -> dict[isa.Kind, int]:
    """16-bit words of each space that may be loaded, from the sizes of the core's memories; the store's last word, always zero, may not. Of
    an SDRAM, what the address can reach."""
    return {
        isa.Kind.TABLES: table_bytes // 2,
        isa.Kind.ANCHORS: width.anchor_columns * anchor_words,
        isa.Kind.PROGRAM: isa.WORDS_PER_INSTRUCTION * instructions,
        isa.Kind.STORE: width.store_latencies - width.lanes,
        isa.Kind.JITTER: 256,
        isa.Kind.CONFIG: registers,
        **({isa.Kind.SDRAM: _SDRAM_WORDS} if width.far_banks > 1 else {}),
    }


@dataclass(frozen=True)
class Span:
    """The addresses 0 .. ``words`` - 1 of a space."""

    words: int

    @property
    def bits(self) -> int:
        """Of an address within it."""
        return (self.words - 1).bit_length()

    def beyond(self, address: Value) -> Value:
        """Whether ``address`` is that of no word: a few LUTs for each run of ones in their number, no carry chain."""
        high, rest = self.bits, (1 << self.bits) - self.words
        return address[high:].any() | (self._behind(address[:high], (rest - 1).bit_length()) if rest else 0)

    def _behind(self, address: Value, low: int) -> Value:
        """Of an address of so many bits, where the number of words has ones from bit ``low`` up."""
        left = Span(self.words & (1 << low) - 1)
        return address[low:].all() & left.beyond(address[:low]) if left.words else address[low:].all()


def spans_of(words: Mapping[isa.Kind, int]) -> dict[isa.Kind, Span]:
    """The spans of ``words``, which must be those of all spaces (:func:`space_words`); ``ValueError`` if they are not, or empty."""
    if set(words) - {isa.Kind.SDRAM} != set(_SPACES):
        raise ValueError(
            f"words must name the spaces {', '.join(kind.name for kind in _SPACES)}, not {', '.join(kind.name for kind in words)}"
        )
    for kind, count in words.items():
        if count < 1:
            raise ValueError(f"words of the space {kind.name} must be at least 1, not {count!r}")
    return {kind: Span(count) for kind, count in words.items()}


class Section(wiring.Component):
    """A section's bytes, at the pace of ``slots``: first the 8 of its ``header``, then those of its ``payload``.

    ``load`` strobes once for each word of a section of kind 0..5, when its second byte is in and its address found within the space.
    After reset no section has begun. With the space SDRAM, kind 7 is one of them as well, and tables in flash (REST, FLASH) are
    wrong.

    ``spans``: of the spaces, from :func:`spans_of`. ``cores``: with more than one, an address in a space of firmware.isa.OWN_SPACES may
    name one.
    """

    slots: In(ByteSlots)
    word: In(16)  # the byte and the one before it
    position: In(3)  # number of the header's byte; lowest bit: of the payload's within a word
    header: In(1)  # the bytes are those of the header
    payload: In(1)
    checking: In(1)  # nothing is written, and REST is passed
    load: Out(LoadBus())
    refused: Out(1)  # this byte shows the section to be wrong; of a header's a clock after `check`
    some: Out(1)  # payload is still to come
    last: Out(1)  # this section ends the image

    def __init__(self, *, spans: Mapping[isa.Kind, Span], cores: int = 1) -> None:
        self._spans, self._sdram, self._cores = spans, isa.Kind.SDRAM in spans, cores
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        wide = max(span.bits for span in self._spans.values()) > 16
        m.submodules.address = address = SerialCounter(width=24 if wide else 16)  # turns by half its bits in a byte's time
        m.submodules.left = left = SerialCounter(width=24, down=True)  # payload bytes to come; turns likewise
        skip = Signal(reset_less=True)  # nothing is written
        beyond = Signal(reset_less=True)
        wrong = Signal()  # the header's byte, checked a clock ago

        slots, position = self.slots, self.position
        half = slots.turn if wide else slots.shift  # half the bits of an address
        m.d.comb += [
            address.bit.eq(slots.bit),
            address.clear.eq(self.header),
            address.turn.eq(half & (self.payload | (self.header & (position == 7)))),
            left.bit.eq(slots.bit),
            left.clear.eq(self.header),
            left.turn.eq(slots.turn & self.payload),
            self.load.address.eq(address.value),
            self.load.data.eq(self.word),
        ]
        with m.Switch(self.load.space):
            for kind, span in self._spans.items():
                with m.Case(kind):
                    m.d.sync += beyond.eq(self._beyond(kind, span, address.value))
        m.d.sync += [self.load.strobe.eq(0), wrong.eq(0)]
        with m.If(self.header):
            m.d.comb += self.refused.eq(wrong)
            self._header(m, skip=skip, wrong=wrong, wide=wide)
        with m.If(self.payload):
            self._payload(m, skip=skip, beyond=beyond)
        return m

    def _beyond(self, kind: isa.Kind, span: Span, address: Value) -> Value:
        if self._cores == 1 or kind not in isa.OWN_SPACES:
            return span.beyond(address)
        return span.beyond(address[: isa.OWN_SHIFT]) | (address[isa.OWN_SHIFT :] > self._cores)

    def _header(self, m: Module, *, skip: Signal, wrong: Signal, wide: bool) -> None:
        """Kind, address (3 bytes), length (4)."""
        slots, position = self.slots, self.position
        address, left = m.submodules.address, m.submodules.left
        empty = Signal(reset_less=True)  # END or REST: no payload
        signs = slots.byte[:3] == isa.Kind.SIGNATURE  # or END, which has no words either
        ends = slots.byte == isa.Kind.END
        rests = 0 if self._sdram else slots.byte == isa.Kind.REST
        skipped = slots.byte[2:] == isa.Kind.META >> 2  # META, REST, PAD or FLASH
        if self._sdram:
            skipped &= ~slots.byte[0]  # META or PAD
        greatest = isa.Kind.SDRAM if self._sdram else isa.Kind.SIGNATURE
        m.d.comb += [
            address.enter.eq(slots.shift & (~position[2] if wide else ~position[2] & ~position[:2].all())),
            left.enter.eq(slots.shift & position[2] & ~position[:2].all()),
        ]
        with m.If(address.enter):
            m.d.sync += self.some.eq(0)
        with m.If(left.enter):
            m.d.sync += self.some.eq(self.some | left.top)
        with m.If(slots.check):
            with m.If(position == 0):
                m.d.sync += [self.load.space.eq(slots.byte[:3]), skip.eq(slots.byte[3:].any() | signs | self.checking)]
                m.d.sync += [empty.eq(ends | rests), self.last.eq(ends | (rests & ~self.checking))]
                m.d.sync += wrong.eq(~((slots.byte <= greatest) | skipped | ends))
            if not wide:
                with m.If(position == 3):
                    m.d.sync += wrong.eq(slots.byte.any() & ~skip)
            with m.If(position == 7):
                m.d.sync += wrong.eq(left.value[0] | slots.byte.any() | (empty & self.some))

    def _payload(self, m: Module, *, skip: Signal, beyond: Signal) -> None:
        """Words, two bytes each: the address counts one a word, the length two."""
        slots, second = self.slots, self.position[0]
        address, left = m.submodules.address, m.submodules.left
        m.d.comb += [left.add.eq(slots.first & ~second), address.add.eq(slots.decide & ~second)]  # from the length's bit 1 on
        with m.If(left.turn):
            m.d.sync += self.some.eq(self.some | left.top)
        with m.If(left.add):
            m.d.sync += self.some.eq(0)
        with m.If(slots.accept & second & ~skip):
            m.d.sync += self.load.strobe.eq(~beyond)
        with m.If(~skip):
            m.d.comb += self.refused.eq((slots.first & second & beyond) | (address.add & address.carry))  # beyond, or went round
