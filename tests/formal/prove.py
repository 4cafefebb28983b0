"""Proofs: from reset for some clocks, from any state by induction, each antecedent reached, each fault found."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .claims import Claim, Claims
from .netlist import Netlist, make_netlist
from .solver import Solver, either


@dataclass(frozen=True, kw_only=True)
class Proof:
    """``write`` makes the claims of a block.

    ``clocks``: an induction assumes the claims in so many. ``bounded``: there is none; the claims are proved for so many clocks after
    power-up. ``reach``: clocks after which every antecedent has been reached, and every fault been seen.
    ``anywhere``: both begin in any states that the claims allow instead, and a fault behind as many as the induction assumes, because what
    must come before takes too long. ``map_memories``: to registers. ``quick``: is in the quick set of tests.
    """

    block: str
    write: Callable[[], Claims]
    clocks: int = 2
    bounded: int = 0
    reach: int = 24
    anywhere: bool = False
    map_memories: bool = False
    quick: bool = False

    def __str__(self) -> str:
        return self.block


@dataclass(frozen=True, kw_only=True)
class Proved:
    """A claim with the clock that reached its antecedent, and the one in which its fault was seen. Clocks count from 0."""

    claim: Claim
    reached: int | None
    died: int | None


@dataclass
class Failure(Exception):
    """A claim that isn't proved, and where."""

    block: str
    text: str
    why: str
    trace: str = ""

    def __str__(self) -> str:
        return f"{self.block}: {self.text}: {self.why}\n{self.trace}"


@dataclass
class _Clocks:
    """Clocks one after another, in each of which the assumptions hold."""

    solver: Solver
    claims: Claims
    circuit: str
    names: list[str] = field(default_factory=list)

    def add(self) -> str:
        name = f"s{len(self.names)}"
        self.solver.clock(name)
        self.solver.know(f"(|top_h| {name})", *(is_one(one.name, name) for one in self.claims.assumptions))
        if self.names:
            self.solver.know(f"(|top_t| {self.names[-1]} {name})")
        self.names.append(name)
        return name

    def begin(self) -> str:
        name = self.add()
        self.solver.know(f"(|top_i| {name})")
        return name


def is_one(signal: str, clock: str) -> str:
    return f"(|top_n {signal}| {clock})"


def is_zero(signal: str, clock: str) -> str:
    return f"(not {is_one(signal, clock)})"


def prove(proof: Proof) -> list[Proved]:
    """Raises :class:`Failure` at the first claim that isn't as it must be."""
    claims = proof.write()
    netlist = make_netlist(claims, map_memories=proof.map_memories)
    _from_power_up(proof, claims, netlist)
    if not proof.bounded:
        _induction(proof, claims, netlist)
    reached = _covers(proof, claims, netlist)
    died = _faults(proof, claims, netlist)
    listed = zip(claims.claims, reached, died, strict=True)
    return [Proved(claim=one, reached=at, died=end) for one, at, end in listed if one.fault]


def _broken(proof: Proof, claims: Sequence[Claim], clocks: _Clocks, why: str) -> None:
    """Raises a failure if one of the claims may not hold in the last clock."""
    clock = clocks.names[-1]
    wires = re.findall(r"^; yosys-smt2-(?:register|input) (\S+) \d+$", clocks.circuit, flags=re.M)
    wires = sorted(set(wires) - {"clk"})
    terms = [f"(|top_n {wire}| {one})" for wire in wires for one in clocks.names]
    verdicts = [is_one(one.holds.name, clock) for one in claims]
    values = clocks.solver.possible(either(f"(not {verdict})" for verdict in verdicts), ask=[*verdicts, *terms])
    if values is not None:
        count = len(clocks.names)
        rows = [(wire, values[len(claims) + at * count :][:count]) for at, wire in enumerate(wires)]
        trace = "\n".join(f"{wire:40} {' '.join(map(_short, row))}" for wire, row in rows)
        raise Failure(proof.block, claims[values.index("false")].text, why, trace)


def _short(value: str) -> str:
    """A value of the solver's, as it stands in a trace."""
    if value in ("true", "false"):
        return str(int(value == "true"))
    return f"{int(value[2:], 2):x}".rjust((len(value) + 1) // 4) if value.startswith("#b") else value


def _from_power_up(proof: Proof, claims: Claims, netlist: Netlist) -> None:
    """The claims from power-up on, for as many clocks as an induction needs."""
    with Solver(netlist.sound) as solver:
        clocks = _Clocks(solver, claims, netlist.sound)
        for at in range(proof.bounded or proof.clocks):
            clock = clocks.add() if at else clocks.begin()
            _broken(proof, claims.claims, clocks, f"broken in clock {at} after power-up")
            solver.know(*(is_one(one.holds.name, clock) for one in claims.claims))


def _covers(proof: Proof, claims: Claims, netlist: Netlist) -> list[int | None]:
    """When the antecedent of each claim is reached."""
    reached: list[int | None] = [None] * len(claims.claims)
    left = [number for number, one in enumerate(claims.claims) if one.fault]
    with Solver(netlist.sound) as solver:
        clocks = _Clocks(solver, claims, netlist.sound)
        for at in range(proof.reach):
            clock = clocks.add() if at or proof.anywhere else clocks.begin()
            solver.know(*(is_one(one.holds.name, clock) for one in claims.claims))
            while left:
                terms = [is_one(claims.claims[number].cover.name, clock) for number in left]
                values = solver.possible(either(terms), ask=terms)
                if values is None:
                    break
                for number, value in zip(list(left), values, strict=True):
                    if value == "true":
                        reached[number] = at
                        left.remove(number)
            if not left:
                return reached
    raise Failure(proof.block, claims.claims[left[0]].text, f"its antecedent is not reached in {proof.reach} clocks")


def _induction(proof: Proof, claims: Claims, netlist: Netlist) -> None:
    with Solver(netlist.sound) as solver:
        clocks = _Clocks(solver, claims, netlist.sound)
        for _ in range(proof.clocks):
            clock = clocks.add()
            solver.know(*(is_one(one.holds.name, clock) for one in claims.claims))
        clocks.add()
        _broken(proof, claims.claims, clocks, f"not proved by induction over {proof.clocks} clocks")


def _faults(proof: Proof, claims: Claims, netlist: Netlist) -> list[int | None]:
    """When each fault is seen by the claim that has it."""
    died: list[int | None] = [None] * len(claims.claims)
    faulty = [number for number, one in enumerate(claims.claims) if one.fault]
    width = len(faulty).bit_length()
    fault = "(|top_n fault| {})".format
    with Solver(netlist.faulty) as solver:
        clocks = _Clocks(solver, claims, netlist.faulty)
        for _ in range(proof.clocks if proof.anywhere else 0):
            clock = clocks.add()
            solver.know(f"(= {fault(clock)} {_number(0, width)})", *(is_one(one.holds.name, clock) for one in claims.claims))
        first = ""
        for at in range(proof.reach):
            clock = clocks.add() if clocks.names else clocks.begin()
            first = first or clock
            solver.know(f"(= {fault(clock)} {fault(first)})")
            for nth, number in enumerate(faulty, start=1):
                chosen = f"(= {fault(first)} {_number(nth, width)})"
                if died[number] is None and solver.possible(chosen, is_zero(claims.claims[number].holds.name, clock)) is not None:
                    died[number] = at
            if all(died[number] is not None for number in faulty):
                return died
    number = next(number for number in faulty if died[number] is None)
    raise Failure(
        proof.block, claims.claims[number].text, f"holds for {proof.reach} clocks with the fault {claims.claims[number].fault.text!r}"
    )


def _number(value: int, width: int) -> str:
    """In SMT-LIB 2; yosys makes a truth value of a single bit."""
    return f"(_ bv{value} {width})" if width > 1 else str(bool(value)).lower()
