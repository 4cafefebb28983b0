"""A model as a circuit, and what every one of them is put into: a register for the inputs before it, the choice of a class after it."""

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


@dataclass(frozen=True)
class Field:
    """Bits of a port: ``width`` from ``offset`` on. A score counts in units of ``2**shift``."""

    offset: int
    width: int
    signed: bool = False
    shift: int = 0


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """A Verilog module: an input of codes, an output of scores ``latency`` clocks later, new ones in every clock.

    ``ports``: the names of clock, input and output; ``strobe``: of an input that says that there is one, if there is any. Of two classes
    there may be one score, of the second over the first.
    """

    module: str
    verilog: str
    ports: tuple[str, str, str]
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    latency: int
    strobe: str | None = None

    @property
    def classes(self) -> int:
        return max(2, len(self.outputs))

    @property
    def delay(self) -> int:
        """Clocks from a sample's last code to its class, where :class:`Fed` feeds it: the register of the codes, the circuit, a clock for
        each level of the choice."""
        return 1 + self.latency + (self.classes - 1).bit_length()


class Fed(wiring.Component):
    """A :class:`Circuit` that takes a code a clock and gives a class for each sample.

    ``code`` is one of a sample's, which follow each other, in each clock in which ``fed`` is 1. ``label`` is its class in the one clock,
    ``circuit.delay`` after that of its last code, in which ``told`` is 1; samples may follow each other without a gap. Of equal scores
    the first is the class. With ``watched`` there are two more outputs, the scores as the circuit gives them and a 1 when they are there.
    """

    def __init__(self, circuit: Circuit, *, bits: int, watched: bool = False) -> None:
        self._circuit, self._watched = circuit, watched
        self._bits = sum(field.width for field in circuit.outputs)
        more = {"scores": Out(self._bits), "scored": Out(1)} if watched else {}
        super().__init__(
            {
                "code": In(bits),
                "fed": In(1),
                "label": Out(range(circuit.classes)),
                "told": Out(1),
                **more,
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        circuit = self._circuit
        codes = [Signal(len(self.code), name=f"code_{at}") for at in range(len(circuit.inputs))]
        left = Signal(range(len(codes)), init=len(codes) - 1)
        complete = Signal()
        m.d.sync += complete.eq(self.fed & (left == 0))
        with m.If(self.fed):
            m.d.sync += [code.eq(later) for code, later in zip(codes, [*codes[1:], self.code], strict=True)]
            m.d.sync += left.eq(Mux(left == 0, len(codes) - 1, left - 1))

        x = Signal(max(field.offset + field.width for field in circuit.inputs))
        for field, code in zip(circuit.inputs, codes, strict=True):
            m.d.comb += x[field.offset : field.offset + field.width].eq(code)
        y = Signal(self._bits)
        clock, into, out = circuit.ports
        ports: dict[str, Any] = {f"i_{clock}": ClockSignal(), f"i_{into}": x, f"o_{out}": y}
        if circuit.strobe is not None:
            ports[f"i_{circuit.strobe}"] = complete
        m.submodules.model = Instance(circuit.module, **ports)

        chosen, levels = _tournament(m, scores_of(circuit, y))
        waiting = Signal(circuit.latency + levels)
        m.d.sync += waiting.eq(Cat(complete, waiting))
        m.d.comb += [self.label.eq(chosen), self.told.eq(waiting[-1])]
        if self._watched:
            m.d.comb += [self.scores.eq(y), self.scored.eq(waiting[circuit.latency - 1])]
        return m


def scores_of(circuit: Circuit, y: Value) -> list[Value]:
    """The scores in one unit; of a single one also a zero before it."""
    least = min(field.shift for field in circuit.outputs)
    found = []
    for field in circuit.outputs:
        bits = y[field.offset : field.offset + field.width]
        found.append((bits.as_signed() if field.signed else bits) << (field.shift - least))
    return found if len(found) > 1 else [Const(0), *found]


def _tournament(m: Module, scores: list[Value]) -> tuple[Value, int]:
    """The number of the highest, the first of equal ones, and the clocks that takes: a pair of a level in each."""
    wide = max(len(score) + (not score.shape().signed) for score in scores)
    places: list[tuple[Value, Value]] = [(score, Const(at, range(len(scores)))) for at, score in enumerate(scores)]
    levels = 0
    while len(places) > 1:
        winners: list[tuple[Value, Value]] = []
        for at in range(0, len(places), 2):
            score = Signal(signed(wide), name=f"score_{levels}_{at}")
            place = Signal(range(len(scores)), name=f"place_{levels}_{at}")
            pair = places[at : at + 2]
            later = pair[1][0] > pair[0][0] if len(pair) == 2 else Const(0)
            m.d.sync += [score.eq(Mux(later, pair[-1][0], pair[0][0])), place.eq(Mux(later, pair[-1][1], pair[0][1]))]
            winners.append((score, place))
        places, levels = winners, levels + 1
    return places[0][1], levels
