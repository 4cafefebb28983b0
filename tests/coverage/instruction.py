"""What there is to be met of the instruction set (docs/reference/isa.md), and what of it a program meets. A goal is a line of text that
begins with its group."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import combinations, pairwise, product
from typing import Any

from firmware import isa
from firmware.isa import Mode, Run, Width
from firmware.program import Program, decode_anchor

KINDS = ("rows", "token", "attend", "query", "key", "anchors")
QUIET = ("query", "key", "anchors")

LIMITS: dict[str, tuple[int, int]] = {
    "anchor_base": (0, isa.MAX_ANCHOR_WORDS - 1),
    "anchor_len": (0, 1023),
    "table_base": (0, (1 << Width().far_address_bits) - 1),
    "row_log2": (0, 7),
    "count": (1, 1023),
    "table_log2": (0, 31),
    "row_beats": (1, isa.MAX_ROW_BEATS),
    "side": (0, 255),
    "base": (0, isa.ZERO_WORD - 2),
    "n_out": (1, 256),
}
"""The least and the most that the rules leave of each field with a number."""

SETTINGS: dict[str, tuple[Any, ...]] = {
    "kind": KINDS,
    **{name: (False, True) for name in ("sync", "int4", "first", "last", "residual", "sort", "end", "learn")},
    "tier": (0, 1),
    "shift": (0, 1, 2, 3),
}
"""What a run can be set to; any two of these may meet in one run, unless :func:`allowed` says that they can't."""

FOLLOWERS: dict[str, tuple[str, ...]] = {
    "rows": ("rows", "token", "query", "anchors"),
    "token": ("rows", "token", "query", "anchors"),
    "query": ("key", "attend"),
    "key": ("rows", "token", "attend", "query", "anchors"),
    "attend": ("rows", "token", "attend", "query", "key", "anchors"),
    "anchors": ("rows", "query"),
}
"""What may follow a run within a step: a block is query, key and attend runs, and the run after one that copies carries ``sync``."""
LAST, FIRST = ("rows", "token", "attend", "key"), ("rows", "query")


def kind(run: Run) -> str:
    """One of KINDS."""
    return "token" if run.token else Mode(run.mode).name.lower()


def allowed(run: Mapping[str, Any]) -> bool:
    """Whether the rules let a run have these SETTINGS. What only a write-back looks at is not set without one."""
    what = run["kind"]
    if what in QUIET and (run["int4"] or run["tier"] or run["first"] or run["last"]):
        return False
    if not run["last"] and (run["residual"] or run["sort"] or run["shift"]):
        return False
    if run["sync"] != (what == "query") and what != "rows":  # a run without anchor words has none, nor has a key run
        return False
    if what != "rows" and (run["sort"] or run["learn"]):
        return False
    return not (run["learn"] and run["tier"]) and not (run["end"] and what in ("query", "anchors"))


def settings(run: Run) -> dict[str, Any]:
    """Of SETTINGS, what a run has."""
    found = {name: getattr(run, name) for name in SETTINGS if name != "kind"} | {"kind": kind(run)}
    return {name: found[name] for name in SETTINGS}


def _pairs(run: Mapping[str, Any]) -> list[str]:
    words = [value if name == "kind" else _word(name, value) for name, value in run.items()]
    return [f"pair: {one}, {other}" for one, other in combinations(words, 2)]


def _word(name: str, value: Any) -> str:
    return f"{name} {value}" if not isinstance(value, bool) else name if value else f"no {name}"


@cache
def goals() -> tuple[str, ...]:
    """All of them, in the order in which they are listed."""
    fields = [f"field: {name} = {value}" for name, limits in LIMITS.items() for value in limits]
    made = (dict(zip(SETTINGS, values, strict=True)) for values in product(*SETTINGS.values()))
    pairs = [pair for run in made if allowed(run) for pair in _pairs(run)]
    order = [f"order: {one}, {other}" for one, others in FOLLOWERS.items() for other in others]
    order += [f"order: end of a step with {one}, {other}" for one in LAST for other in FIRST]
    words = [goal for comparators in (1, 2, 4) for goal in _anchor_goals(comparators)]
    widths = [
        _width(Width(lanes=lanes, comparators=pairs, far_banks=banks)) for lanes in (8, 16, 32) for pairs in (1, 2, 4) for banks in (1, 4)
    ]
    return tuple(dict.fromkeys([*fields, *pairs, *order, *words, *widths]))


def _anchor_goals(comparators: int) -> list[str]:
    slots = 2 * comparators
    found = [f"emit {emit}" for emit in range(comparators + 1)]
    found += [f"a group of {comparators} words", "a longer group"]
    for lane in range(comparators):
        found += [f"lane {lane} without a pair", *(f"lane {lane}, {side} of slot {slot}" for side in "ab" for slot in range(slots))]
    found += [f"slot {slot}, word {word}" for slot in range(slots) for word in (0, isa.ZERO_WORD)]
    return [f"anchor: P = {comparators}, {text}" for text in found]


def _width(width: Width) -> str:
    return f"width: L = {width.lanes}, P = {width.comparators}, {'an SDRAM' if width.far_banks > 1 else 'a flash or none'}"


def met(program: Program) -> set[str]:
    """The goals that a program meets."""
    found = {_width(program.width)}
    for run in program.runs:
        found |= {f"field: {name} = {int(getattr(run, name))}" for name in LIMITS}
        if allowed(now := settings(run)):
            found |= set(_pairs(now))
    kinds = [kind(run) for run in program.runs]
    found |= {f"order: {one}, {other}" for one, other in pairwise(kinds)}
    found.add(f"order: end of a step with {kinds[-1]}, {kinds[0]}")
    found |= _anchors_met(program.anchors, program.width)
    return found & set(goals())


def _anchors_met(words: Iterable[int], width: Width) -> set[str]:
    found: set[str] = set()
    length = 0
    for value in words:
        word = decode_anchor(value, width)
        length += 1
        found.add(f"emit {word.emit}")
        if word.emit:
            found.add(f"a group of {length} words" if length == width.comparators else "a longer group")
            length = 0
        for lane, pair in enumerate(word.lanes):
            if pair is None:
                found.add(f"lane {lane} without a pair")
                continue
            for side, address in zip("ab", pair, strict=True):
                slot = width.slot_of(address)
                found |= {f"lane {lane}, {side} of slot {slot}", f"slot {slot}, word {address // width.lanes}"}
    return {f"anchor: P = {width.comparators}, {text}" for text in found}
