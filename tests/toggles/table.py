"""Coverage of toggles and states, of each block, as tables in Markdown."""

from collections.abc import Iterator

from sim.activity.states import Machine

from ..mutation.units import Unit
from .sessions import Seen

HEAD = [
    "| design | block | signals | bits | rise | fall | both |",
    "| --- | --- | --- | --- | --- | --- | --- |",
]
STATES = ["| design | machine | states | seen | steps | seen | not seen |", "| --- | --- | --- | --- | --- | --- | --- |"]
HOLES = ["| design | signal | bits that don't rise | bits that don't fall |", "| --- | --- | --- | --- |"]


def block_of(unit: Unit, signal: str) -> str:
    """The block that a signal belongs to, by the longest name that fits; ``itself`` where it is in none."""
    fits = [block for block in unit.blocks if block and signal.startswith(f"{block}.")]
    return max(fits, key=len, default="itself")


def rows(unit: Unit, seen: Seen) -> Iterator[str]:
    """A row for each block, and one for all."""
    sums: dict[str, list[int]] = {}
    for name, mask in seen.signals.items():
        one = seen.toggled[name]
        found = [1, mask.bit_count(), one.rose.bit_count(), one.fell.bit_count(), (one.rose & one.fell).bit_count()]
        for block in (block_of(unit, name), "all"):
            sums[block] = [old + new for old, new in zip(sums.get(block, [0] * 5), found, strict=True)]
    for block in sorted(sums, key=lambda one: (one == "all", one)):
        signals, bits, *shares = sums[block]
        yield f"| {unit.name} | {block} | {signals} | {bits:,} | {' | '.join(f'{100 * share / bits:.1f} %' for share in shares)} |"


def holes(unit: Unit, seen: Seen) -> Iterator[str]:
    """A row for each signal of which a bit does not toggle."""
    for name, mask in sorted(seen.signals.items()):
        one = seen.toggled[name]
        up, down = mask & ~one.rose, mask & ~one.fell
        if up or down:
            yield f"| {unit.name} | `{name}` of {mask.bit_count()} | {spans(up)} | {spans(down)} |"


def spans(mask: int) -> str:
    """The bits of a mask as ranges, ``0, 4..7``; ``-`` for none."""
    found, at = [], 0
    while mask >> at:
        if not mask >> at & 1:
            at += 1
            continue
        first = at
        while mask >> at & 1:
            at += 1
        found.append(str(first) if at == first + 1 else f"{first}..{at - 1}")
    return ", ".join(found) or "-"


def states(unit: Unit, seen: Seen) -> Iterator[str]:
    """A row for each state machine. A step is one to another state that its statements have."""
    for machine in seen.machines:
        visited, taken = visited_by(machine, seen)
        lost = [name for value, name in machine.states.items() if value not in visited]
        lost += [f"{machine.states[a]} to {machine.states[b]}" for a, b in sorted(machine.steps - taken)]
        cells = (len(machine.states), len(visited), len(machine.steps), len(taken))
        yield f"| {unit.name} | `{machine.register}` | {' | '.join(map(str, cells))} | {', '.join(lost) or '-'} |"


def visited_by(machine: Machine, seen: Seen) -> tuple[set[int], set[tuple[int, int]]]:
    """The states that a machine was in, and those of its steps that it has taken; a reset takes it back, which is no step."""
    follows = seen.follows[machine.register]
    visited = {value for value in machine.states if follows[value].any() or follows[:, value].any()}
    return visited, {(a, b) for a, b in machine.steps if follows[a, b]}
