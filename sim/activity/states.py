"""The state machines of a design, read from its statements: their states by name, and which may follow which."""

from collections.abc import Iterator
from dataclasses import dataclass

from amaranth.hdl import Const, Elaboratable, Fragment, Signal
from amaranth.hdl._ast import Assign, Statement, Switch

_ENDING = "_state"  # of the name that Amaranth gives the register of `m.FSM(name=...)`


@dataclass(frozen=True, kw_only=True)
class Machine:
    """``register``: its hierarchical name; ``states``: names by value; ``steps``: (from, to), values, each of another state."""

    register: str
    states: dict[int, str]
    steps: frozenset[tuple[int, int]]


def machines(design: Elaboratable) -> list[Machine]:
    """Those of ``design``, by the names of their registers."""
    found = _of(Fragment.get(design, None), "")
    return sorted(found, key=lambda one: one.register)


def _of(fragment: Fragment, prefix: str) -> Iterator[Machine]:
    steps: dict[str, set[tuple[int, int]]] = {}
    registers: dict[str, Signal] = {}
    for statements in fragment.statements.values():
        for switch in _switches(statements):
            register = switch.test
            if not (isinstance(register, Signal) and register.name.endswith(_ENDING) and register.decoder):
                continue
            registers[register.name] = register
            for patterns, inside, _ in switch.cases:
                for source in (int(pattern, 2) for pattern in patterns or ()):
                    to = {value for value in _assigned(inside, register) if value != source}
                    steps.setdefault(register.name, set()).update((source, value) for value in to)
    for name, register in registers.items():
        yield Machine(register=prefix + name, states=_names(register), steps=frozenset(steps.get(name, ())))
    for part, name, *_ in fragment.subfragments:
        if isinstance(part, Fragment):
            yield from _of(part, f"{prefix}{name}.")


def _names(register: Signal) -> dict[int, str]:
    found = {}
    for value in range(1 << len(register)):
        try:
            found[value] = str(register.decoder(value)).rpartition("/")[0]
        except KeyError:
            break  # the values of states are without a gap
    return found


def _switches(statements: list[Statement]) -> Iterator[Switch]:
    for statement in statements:
        if isinstance(statement, Switch):
            yield statement
            for _, inside, _ in statement.cases:
                yield from _switches(inside)


def _assigned(statements: list[Statement], register: Signal) -> Iterator[int]:
    """The constants that ``register`` is set to, whatever the conditions."""
    for statement in statements:
        if isinstance(statement, Switch):
            for _, inside, _ in statement.cases:
                yield from _assigned(inside, register)
        elif isinstance(statement, Assign) and statement.lhs is register and isinstance(statement.rhs, Const):
            yield statement.rhs.value
