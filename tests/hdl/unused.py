"""Ports of a design's blocks that nobody connects, or that the block itself leaves alone: read from its elaborated form."""

from collections.abc import Iterator

from amaranth.hdl import Fragment, Instance, Signal, Value
from amaranth.hdl._ir import IOBufferInstance
from amaranth.hdl._mem import MemoryInstance
from amaranth.lib import wiring
from amaranth.lib.wiring import In

PACKAGES = ("hdl.", "tests.")  # of the blocks that are looked at
Uses = tuple[str, set[int], set[int]]
"""A fragment's path, and the signals it drives and reads."""


def _signals(value: object) -> set[int]:
    return {id(signal) for signal in Value.cast(value)._rhs_signals()}


def _uses(fragment: Fragment) -> tuple[set[int], set[int]]:
    """Signals driven and signals read by a fragment itself, without what is below it."""
    driven: set[int] = set()
    read: set[int] = set()
    for statements in fragment.statements.values():
        for statement in statements:
            driven |= {id(signal) for signal in statement._lhs_signals()}
            read |= {id(signal) for signal in statement._rhs_signals()}
    match fragment:
        case MemoryInstance():
            for port in fragment._read_ports:
                driven |= _signals(port._data)
                read |= _signals(port._addr) | _signals(port._en)
            for port in fragment._write_ports:
                read |= _signals(port._addr) | _signals(port._data) | _signals(port._en)
        case Instance():
            for value, kind in fragment.ports.values():
                if kind != "io":
                    (driven if kind == "o" else read).update(_signals(value))
        case IOBufferInstance():
            driven |= _signals(fragment.i) if fragment.i is not None else set()
            read |= _signals(fragment.o) | _signals(fragment.oe) if fragment.o is not None else set()
    return driven, read


def _fragments(fragment: Fragment, path: str = "") -> Iterator[tuple[str, Fragment]]:
    yield path, fragment
    for number, (below, name, _) in enumerate(fragment.subfragments):
        yield from _fragments(below, f"{path}.{name or number}".removeprefix("."))


def unused(design: wiring.Component) -> list[str]:
    """What is idle in every instance of a block inside ``design``, as ``Block.port``: an input that nothing outside drives, an output that
    nothing outside reads, and any port none of whose signals the block itself reads or drives."""
    fragments = list(_fragments(Fragment.get(design, None)))
    uses = [(path, *_uses(fragment)) for path, fragment in fragments]
    found: dict[str, set[str]] = {}
    for path, fragment in fragments:
        for block in fragment.origins or ():
            if path and isinstance(block, wiring.Component) and type(block).__module__.startswith(PACKAGES):
                inside = [use for use in uses if use[0] == path or use[0].startswith(f"{path}.")]
                idle = _idle(block, inside, [use for use in uses if use not in inside])
                name = type(block).__name__
                found[name] = found.get(name, idle) & idle
    return sorted(f"{block}.{port}" for block, ports in found.items() for port in ports)


def _idle(block: wiring.Component, inside: list[Uses], outside: list[Uses]) -> set[str]:
    drives, reads = (set().union(*(use[kind] for use in inside)) for kind in (1, 2))
    driven, wanted = (set().union(*(use[kind] for use in outside)) for kind in (1, 2))
    found, busy = set(), set()
    for path, member, value in block.signature.flatten(block):
        signal = Value.cast(value)
        if not isinstance(signal, Signal):  # a constant: always ready
            busy.add(path[0])
            continue
        if id(signal) not in (driven if member.flow == In else wanted):
            found.add(".".join(map(str, path)))
        if id(signal) in (reads if member.flow == In else drives):
            busy.add(path[0])
    return found | (set(block.signature.members) - busy)
