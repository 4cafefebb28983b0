"""Whether a mutant of a block can be told from the block at its ports, whatever comes in: by induction, with the solver of tests/formal.

Two copies of the block get the same inputs, one of them with the mutant. At power-up they are alike. Assume that some of their registers
and memories are alike, and ask whether all of these still are after a clock; those that may not be are taken out, until the rest keeps
itself alike. If then no output can differ, none ever does. Of a register that doesn't stay alike as a whole, single bits may; and a bit
that doesn't may do so in one state of a state machine, or while a register of one bit is 0, or 1. These are tried one after the other.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.compiled.build import yosys

from ..formal.solver import Solver, either
from .mutants import SELECT, SELECT_BITS, Mutant

LIMIT = 60  # seconds of the processor, for one mutant
_SCRIPT = (
    "read_rtlil top.il; hierarchy -top {0}; flatten; opt_clean; memory_collect; memory_nordff; opt -noff; dffunmap; opt_clean; "
    "rename {0} top; write_smt2 -wires block.smt2"
)
_REACHED = "hierarchy -top top; flatten; opt_expr; opt_clean; wreduce; simplemap; opt_clean -purge; write_rtlil reached.il"


def unread(work: Path, mutants: Sequence[Mutant]) -> list[Mutant]:
    """Those whose bit reaches no output of prepared.il in ``work``: each is chosen by an input of its own, and yosys takes away what no
    output is made of, bit by bit. If the input is gone then, too, it can't be told from the original."""
    lines = [one.command.replace("mutate", f"mutate -ctrl chosen_{one.number} 1 1", 1) for one in mutants]
    (work / "reached.ys").write_text("\n".join(["read_rtlil prepared.il", *lines, *_REACHED.split("; "), ""]), encoding="utf-8")
    yosys("script reached.ys", work)
    lines = (work / "reached.il").read_text(encoding="utf-8").splitlines()
    used = {word for line in lines if not line.lstrip().startswith("wire ") for word in line.split()}
    return [one for one in mutants if f"\\chosen_{one.number}" not in used]


@dataclass(frozen=True)
class Promise:
    """Of the surroundings, in ``text``: a formula of ports, whose names stand in braces, that holds in each clock. It says something of a
    block that has all of these ports."""

    text: str
    formula: str

    def of(self, ports: Sequence[str], clock: str) -> str | None:
        """For one clock of a block with these ports, or None."""
        names = re.findall(r"{(\w+)}", self.formula)
        if not set(names) <= set(ports):
            return None
        return self.formula.format(**{name: f"(|top_n {name}| {clock})" for name in names})


PROMISES = (
    Promise("the load bus has no space 6 (hdl/link/bus.py)", "(=> {load__strobe} (not (= {load__space} #b110)))"),
    Promise("a report is looked at from its byte 0 to its `last` (hdl/link/link.py)", "(or {brief} (bvule {at} #b1011))"),
)


@dataclass(frozen=True)
class Circuit:
    """``text``: SMT-LIB 2; ``kept``: functions of a state for registers and memories, with the bits of a register; ``inputs``: functions
    likewise; ports by name; ``machines``: registers of state machines with their widths."""

    text: str
    kept: dict[str, int]
    inputs: list[str]
    names: list[str]
    outputs: list[str]
    machines: list[tuple[str, int]]

    @classmethod
    def of(cls, text: str) -> "Circuit":
        """``text``: as yosys writes the module ``top``."""
        found = re.findall(r"^\(declare-fun (\|top#\S+\|) \(\|top_s\|\) .*\)(?: ; \\?(.*))?$", text, flags=re.M)
        sizes = dict(re.findall(r"^\(declare-fun (\|top#\S+\|) \(\|top_s\|\) \(_ BitVec (\d+)\)\)", text, flags=re.M))
        kept = {function: int(sizes.get(function, 0)) for function, _ in found if f"({function} next_state)" in text}
        return cls(
            text,
            kept=kept,
            inputs=[function for function, name in found if function not in kept and name.split(" ")[0] != SELECT],  # parts of them, too
            names=re.findall(r"^; yosys-smt2-input (\S+) ", text, flags=re.M),
            outputs=re.findall(r"^; yosys-smt2-output (\S+) ", text, flags=re.M),
            machines=[(name, int(size)) for name, size in re.findall(r"^; yosys-smt2-wire (\S+_state) (\d+)$", text, flags=re.M)],
        )


def circuit(work: Path, module: str) -> Circuit:
    """A module of top.il in ``work`` with all below it."""
    yosys(_SCRIPT.format(module), work)
    return Circuit.of((work / "block.smt2").read_text(encoding="utf-8"))


def _bits(function: str, size: int) -> list[str]:
    """Of a register's bits, formulas of a state that stands in braces; none of a memory."""
    return [f"(= ((_ extract {at} {at}) ({function} {{0}})) #b1)" for at in range(size)]


def _alike(function: str) -> str:
    """A formula of a clock, whose number stands in braces."""
    return f"(= ({function} a{{0}}) ({function} b{{0}}))"


def _bits_alike(function: str, size: int) -> list[str]:
    return [f"(= {bit.format('a{0}')} {bit.format('b{0}')})" for bit in _bits(function, size)] or [_alike(function)]


def _at(formulas: Iterable[str], clock: int) -> list[str]:
    return [one.format(clock) for one in formulas]


def _kept(solver: Solver, formulas: Sequence[str]) -> Sequence[str]:
    """As many of the formulas as keep one another from a clock to the next."""
    while True:
        after = _at(formulas, 1)
        values = solver.possible(*_at(formulas, 0), either(f"(not {one})" for one in after), ask=after)
        if values is None:
            return formulas
        formulas = [one for one, value in zip(formulas, values, strict=True) if value == "true"]


def _number(value: int, size: int) -> str:
    return f"(_ bv{value} {size})"


class Equivalence:
    """Of all mutants of one circuit. ``held``: names of signals that are 1 in every clock of the original, because it is proved or assumed;
    ``watched``: the outputs that count."""

    def __init__(self, circuit: Circuit, *, held: Sequence[str] = (), watched: Sequence[str] | None = None) -> None:
        self._circuit, self._held = circuit, held
        self._watched = circuit.outputs if watched is None else watched
        self._states = [known for known in map(self._states_of, self._circuit.machines) if known] + self._constant()

    def proved(self, mutant: int) -> str | None:
        """By what no output ever differs: nothing but the inputs' being alike, or a promise too. None where that can't be shown, or not
        within :data:`LIMIT`."""
        made = [(one.text, one.of(self._circuit.names, "a0"), one.of(self._circuit.names, "a1")) for one in PROMISES]
        for text, *formulas in [("any inputs", "true", "true"), *made]:
            kept = [formula for formula in formulas if formula]
            if len(kept) == len(formulas) and self._within(mutant, kept):
                return text
        return None

    def _within(self, mutant: int, promised: Sequence[str]) -> bool:
        with Solver(self._circuit.text, seconds=LIMIT) as solver:
            try:
                return self._ask(solver, mutant, promised)
            except TimeoutError:
                return False

    def _ask(self, solver: Solver, mutant: int, promised: Sequence[str]) -> bool:
        for copy, number in (("a", 0), ("b", mutant)):
            self._clocks(solver, copy, number)
        solver.know(*_at(map(_alike, self._circuit.inputs), 0), *promised, *(states.format("a0") for states in self._states))
        differs = either(f"(not (= (|top_n {name}| a0) (|top_n {name}| b0)))" for name in self._watched)

        registers = {_alike(function): _bits_alike(function, size) for function, size in self._circuit.kept.items()}
        asked = list(registers)
        kept = _kept(solver, asked)
        if solver.possible(*_at(kept, 0), differs) is None:
            return True
        bits = [bit for one in asked if one not in kept for bit in registers[one]]
        asked += bits
        kept = _kept(solver, asked)
        lost = [bit for bit in bits if bit not in kept]
        if solver.possible(*_at(kept, 0), differs) is not None:
            kept = _kept(solver, asked + [f"(or (not {when}) {one})" for one in lost for when in self._conditions()])
        return solver.possible(*_at(kept, 0), differs) is None

    def _conditions(self) -> list[str]:
        """Formulas of the original's state, under which a bit may stay alike."""
        flags = [bit.format("a{0}") for function, size in self._circuit.kept.items() if size == 1 for bit in _bits(function, size)]
        return [*flags, *(f"(not {one})" for one in flags), *(state.format("a{0}") for state in self._machine_states())]

    def _machine_states(self) -> list[str]:
        """Formulas of a state: a state machine is in one of its states."""
        return [
            f"(= (|top_n {name}| {{0}}) {_number(state, size)})"
            for name, size in self._circuit.machines
            if size > 1
            for state in range(1 << size)
        ]

    def _clocks(self, solver: Solver, copy: str, mutant: int) -> None:
        """Two, one after the other."""
        for clock in (f"{copy}0", f"{copy}1"):
            solver.clock(clock)
            solver.know(f"(|top_h| {clock})", *(f"(|top_n {name}| {clock})" for name in self._held if copy == "a"))
        solver.know(f"(|top_t| {copy}0 {copy}1)", f"(= (|top_n {SELECT}| {copy}0) {_number(mutant, SELECT_BITS)})")

    def _states_of(self, machine: tuple[str, int]) -> str | None:
        """A formula of a clock: the state machine is in one of the states that it has, which are numbered from 0 on."""
        name, size = machine
        with Solver(self._circuit.text) as solver:
            self._clocks(solver, "a", 0)
            for last in range((1 << size) - 1):
                within = f"(bvule (|top_n {name}| {{}}) {_number(last, size)})" if size > 1 else f"(not (|top_n {name}| {{}}))"
                begins = solver.possible("(|top_i| a0)", f"(not {within.format('a0')})") is None
                if begins and solver.possible(within.format("a0"), f"(not {within.format('a1')})") is None:
                    return within
        return None

    def _constant(self) -> list[str]:
        """Formulas of a clock: the bits of registers that are always as at power-up, then those that are so in a state of a machine."""
        bits = [bit for function, size in self._circuit.kept.items() for bit in _bits(function, size)]
        values = [f"(= {bit} {value})" for bit in bits for value in ("true", "false")]
        found = self._always(values)
        return found + self._always([f"(or (not {state}) {value})" for state in self._machine_states() for value in values], known=found)

    def _always(self, formulas: Sequence[str], *, known: Sequence[str] = ()) -> list[str]:
        """Those of the formulas of a clock that hold at power-up and keep one another, where the ``known`` ones do too; none of them if
        the time is over before."""
        left = list(formulas)
        with Solver(self._circuit.text, seconds=LIMIT) as solver:
            self._clocks(solver, "a", 0)
            solver.know(*(one.format("a0") for one in known))
            try:
                for first, clock in ((True, "a0"), (False, "a1")):
                    while left:
                        before = ["(|top_i| a0)"] if first else [one.format("a0") for one in left]
                        asked = [one.format(clock) for one in left]
                        values = solver.possible(*before, either(f"(not {one})" for one in asked), ask=asked)
                        if values is None:
                            break
                        left = [one for one, value in zip(left, values, strict=True) if value == "true"]
            except TimeoutError:
                return []
        return left
