"""Anchor words from a schedule: for every word, one address a neuron such that each slot is read once."""

from itertools import product

from firmware import isa
from firmware.program import AnchorWord, encode_anchor

from .schedule import Anchors, Rows, Schedule, of_lanes


def span_words(anchors: Anchors, plan: Schedule, span: slice, copies: list[list[int]], width: isa.Width) -> list[int]:
    """The encoded anchor words of the tables ``span`` of a schedule's order; of a group that reaches beyond it, those inside by
    themselves."""
    words: list[int] = []
    at = 0
    for tables, rows in plan.groups:
        inside = [lane for lane in range(len(tables)) if span.start <= at + lane < span.stop]
        if inside:
            lines = rows if len(inside) == len(tables) else of_lanes(rows, inside, width.comparators)
            words += _group_words(anchors, tuple(tables[lane] for lane in inside), lines, copies, width)
        at += len(tables)
    return words


def _group_words(anchors: Anchors, tables: tuple[int, ...], rows: Rows, copies: list[list[int]], width: isa.Width) -> list[int]:
    """The words of one group of ``tables``; the last one emits an index for each."""
    words = []
    for number, row in enumerate(rows):
        named = [None if pair is None else anchors[table, pair].tolist() for table, pair in zip(tables, row, strict=True)]
        address = _choose({v: copies[v] for pair in named if pair for v in pair}, width)
        lanes = [None if pair is None else (address[pair[0]], address[pair[1]]) for pair in named]
        lanes += [None] * (width.comparators - len(lanes))
        words.append(encode_anchor(AnchorWord(lanes=tuple(lanes), emit=len(tables) if number == len(rows) - 1 else 0), width))
    return words


def _choose(options: dict[int, list[int]], width: isa.Width) -> dict[int, int]:
    """An address of each neuron, all in different slots; the schedule has made sure that there is a choice."""
    for choice in product(*options.values()):
        if len({width.slot_of(address) for address in choice}) == len(choice):
            return dict(zip(options, choice, strict=True))
    raise ValueError(f"neurons {sorted(options)} can't be read in one word")
