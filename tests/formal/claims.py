"""What is claimed of a block, written beside it in Amaranth: claims, what is assumed for them, and faults that break them."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from amaranth.hdl import Fragment, Module, Signal, Value, ValueLike
from amaranth.hdl._ir import PortDirection
from amaranth.lib import wiring

KINDS = {"is 0": "0", "is 1": "1", "inverted": "not", "late": "late"}


@dataclass(frozen=True)
class Fault:
    """In the place of a signal, or of one bit of it, stands something else: ``kind`` is 0, 1, not (inverted) or late (by a clock)."""

    signal: Signal
    bit: int | None
    kind: str
    text: str  # as it was asked for


@dataclass(frozen=True)
class Claim:
    """What always ``holds``. One without a fault is a lemma: proved like the others, and only there to help them."""

    text: str
    holds: Signal
    cover: Signal  # what must be reached, for the claim to mean something
    fault: Fault | None


class Claims:
    """A block whose ports are free, and beside it, in ``m``, what is claimed of it. Reset may come in any clock.

    Claims may look at every signal of the block (:meth:`signal`), and be wrong of nothing else: what they add in ``m`` only watches.

    ``unused``: outputs that nobody takes.
    """

    def __init__(self, block: Any, *, unused: Sequence[str] = ()) -> None:
        self.block, self._unused = block, unused
        self.fragment = Fragment.get(block, None)
        self.m = Module()
        self.m.submodules.block = self.fragment
        self.claims: list[Claim] = []
        self.assumptions: list[Signal] = []
        self.cuts: list[Signal] = []
        self._free: list[Signal] = []
        self._numbers = count()
        for machine in _machines(self.fragment):
            self.lemma(f"{machine.name} is one of the states", machine < len(_state_numbers(machine)))

    def ports(self) -> dict[str, tuple[Value, PortDirection | None]]:
        """All that goes in and out; inputs that nobody drives are free."""
        found: dict[str, tuple[Value, PortDirection | None]] = {}
        for path, member, port in self.block.signature.flatten(self.block):
            value = Value.cast(port)
            if isinstance(value, Signal) and path[0] not in self._unused:  # not the constant of a stream that is always ready
                found["__".join(map(str, path))] = value, PortDirection.Output if member.flow == wiring.Out else None
        own = [*self._free, *self.assumptions, *(signal for claim in self.claims for signal in (claim.holds, claim.cover))]
        return found | {one.name: (one, None) for one in own}

    # What is claimed.

    def claim(self, text: str, holds: ValueLike, *, when: ValueLike = 1, cover: ValueLike | None = None, fault: str) -> None:
        """Wherever ``when`` is 1, ``holds`` is 1. ``cover``: what must be reached, ``when`` if left out. ``fault``: such as
        "queue.level[2] is 0", a signal, of a wider one a bit, and one of :data:`KINDS`."""
        self._add(text, holds, when, cover=when if cover is None else cover, fault=self._fault(fault))

    def lemma(self, text: str, holds: ValueLike, *, when: ValueLike = 1) -> None:
        self._add(text, holds, when, cover=1, fault=None)

    def _add(self, text: str, holds: ValueLike, when: ValueLike, *, cover: ValueLike, fault: Fault | None) -> None:
        number = len(self.claims)
        one, reached = Signal(name=f"claim_{number}"), Signal(name=f"cover_{number}")
        self.m.d.comb += [one.eq(~_bit(when) | _bit(holds)), reached.eq(_bit(cover))]
        self.claims.append(Claim(text, one, reached, fault))

    def _fault(self, text: str) -> Fault:
        found = re.fullmatch(rf"(\S+?)(?:\[(\d+)\])? ({'|'.join(KINDS)})", text)
        if not found:
            raise ValueError(f"fault must name a signal and one of {', '.join(KINDS)}, not {text!r}")
        return Fault(self.signal(found[1]), int(found[2]) if found[2] else None, KINDS[found[3]], text)

    def assume(self, holds: ValueLike) -> None:
        """Of the surroundings: clocks in which it doesn't hold, and all after them, don't count."""
        one = Signal(name=f"assumption_{len(self.assumptions)}")
        self.m.d.comb += one.eq(_bit(holds))
        self.assumptions.append(one)

    def cut(self, *paths: str) -> None:
        """Signals of the block that are the surroundings' choice from now on, whatever drives them: so what is proved holds however they
        come about, and what is behind them need not be unrolled."""
        self.cuts += [self.signal(path) for path in paths]

    # What claims are made of.

    def signal(self, path: str) -> Signal:
        """One of the block's, by the names of its submodules and its own, with dots between."""
        *rooms, name = path.split(".")
        fragment = _inside(self.fragment, rooms)
        found = [signal for signal in _signals(fragment) if signal.name == name]
        if len(found) != 1:  # a register is meant before a port of its name
            found = [signal for signal in _registers(fragment) if signal.name == name] or found
        if len(found) != 1 and path in self.ports():
            found = [self.ports()[path][0]]
        if len(found) > 1:  # nor the port of a part
            inner = {id(signal) for one, _, _ in fragment.subfragments for signal in _signals(one)}
            found = [signal for signal in found if id(signal) not in inner]
        if len(found) != 1:
            raise ValueError(f"{path} must be one signal, not {len(found)}")
        return found[0]

    def state(self, path: str, *names: str) -> Value:
        """Whether a state machine is in one of the states."""
        signal = self.signal(path)
        numbers = _state_numbers(signal)
        return Value.cast(signal).matches(*(numbers[name] for name in names))

    def free(self, shape: Any, name: str) -> Signal:
        """Something of the surroundings' choice, anew in each clock."""
        self._free.append(Signal(shape, name=name))
        return self._free[-1]

    def past(self, condition: ValueLike) -> Signal:
        """Whether it was so a clock ago, and that clock was no reset's."""
        register = Signal(name=f"past_{next(self._numbers)}")
        self.m.d.sync += register.eq(_bit(condition))
        return register

    def before(self, value: ValueLike) -> Signal:
        """The value a clock ago, reset or not."""
        value = Value.cast(value)
        register = Signal(value.shape(), name=f"before_{next(self._numbers)}", reset_less=True)
        self.m.d.sync += register.eq(value)
        return register

    def pipeline(self, condition: ValueLike, clocks: int) -> list[Signal]:
        """Whether it was so a clock ago, two clocks ago, up to ``clocks``, with no reset since."""
        found: list[Signal] = []
        for _ in range(clocks):
            found.append(self.past(found[-1] if found else condition))
        return found

    def counter(self, limit: int, *, clear: ValueLike, up: ValueLike = 1, begin: int = 0) -> Signal:
        """Clocks with ``up`` since the last one with ``clear``, at most ``limit``; from reset on ``begin``."""
        number = Signal(range(limit + 1), init=begin, name=f"counter_{next(self._numbers)}")
        with self.m.If(_bit(clear)):
            self.m.d.sync += number.eq(0)
        with self.m.Elif(_bit(up) & (number != limit)):
            self.m.d.sync += number.eq(number + 1)
        self.lemma(f"{number.name} is in its range", number <= limit)
        return number

    def stable(self, stream: Any, *, name: str, fault: str) -> None:
        """What a stream of the block's offers stands until it is taken."""
        holds, when = self._stands(stream)
        self.claim(f"what `{name}` offers stands until it is taken", holds, when=when, fault=fault)

    def steady(self, stream: Any) -> None:
        """The same, assumed of a stream into the block."""
        holds, when = self._stands(stream)
        self.assume(~when | holds)

    def _stands(self, stream: Any) -> tuple[Value, Signal]:
        payload = Value.cast(stream.payload)
        return stream.valid & (payload == self.before(payload)), self.past(stream.valid & ~stream.ready)


def _bit(condition: ValueLike) -> Value:
    """A truth value: of a wider one ``~`` would seldom be 0."""
    value = Value.cast(condition)
    if len(value) != 1:
        raise ValueError(f"a condition must be of one bit, not {condition!r}")
    return value


def _inside(fragment: Fragment, rooms: list[str]) -> Fragment:
    for room in rooms:
        fragment = next(one for one, name, _ in fragment.subfragments if name == room)
    return fragment


def _signals(fragment: Fragment) -> list[Signal]:
    """Those that its statements read or write."""
    statements = [one for domain in fragment.statements.values() for one in domain]
    return list({id(signal): signal for one in statements for signal in (*one._lhs_signals(), *one._rhs_signals())}.values())


def _registers(fragment: Fragment) -> list[Signal]:
    """Those that its statements write at a clock."""
    statements = [one for name, domain in fragment.statements.items() if name != "comb" for one in domain]
    return list({id(signal): signal for one in statements for signal in one._lhs_signals()}.values())


def _machines(fragment: Fragment) -> Iterator[Signal]:
    """The registers of all state machines."""
    for one in _registers(fragment):
        if one.name.endswith("_state") and one.decoder is not None:
            yield one
    for inner, _, _ in fragment.subfragments:
        yield from _machines(inner)


def _state_numbers(signal: Signal) -> dict[str, int]:
    """Of a state machine's register, whose decoder knows no others."""
    numbers = {}
    with suppress(KeyError):
        for number in range(1 << len(signal)):
            numbers[signal.decoder(number).split("/")[0]] = number
    return numbers
