"""Placement of tables in a tier: alignment, no overlap, splitting, holes."""

import itertools

import numpy as np
import pytest

from boards import Tier
from firmware.compiler import CompileError
from firmware.compiler.placement import Item, Piece, holes, place

TOKENS = [Item(name=f"token {i}", count=1, stride=64, used=33, data_bytes=264, together=0) for i in range(2)]
TABLES = Item(name="tables", count=12, stride=8, used=8, data_bytes=768)


def tier(beats: int) -> Tier:
    return Tier(name="RAM", kind="spram", size=beats * 8)


def check(items: list[Item], pieces: list[Piece], size: int) -> None:
    taken = np.zeros(size, int)
    for piece in pieces:
        item = items[piece.item]
        assert piece.base % item.stride == 0
        assert piece.end == piece.base + (piece.count - 1) * item.stride + item.used <= size
        taken[piece.base : piece.end] += 1
    assert taken.max() <= 1
    for number, item in enumerate(items):
        mine = [piece for piece in pieces if piece.item == number]
        assert [piece.start for piece in mine] == list(itertools.accumulate([0] + [piece.count for piece in mine[:-1]]))
        assert sum(piece.count for piece in mine) == item.count


def test_whole_runs_where_they_fit() -> None:
    items = [*TOKENS, TABLES]
    pieces = place(items, tier(225), board="test")
    check(items, pieces, 225)
    assert [piece.item for piece in pieces] == [0, 1, 2]


def test_split_where_they_do_not() -> None:
    items = [*TOKENS, TABLES]
    pieces = place(items, tier(184), board="test")
    check(items, pieces, 184)
    assert [piece.item for piece in pieces] == [0, 1, 2, 2]
    assert all(piece.count % 2 == 0 for piece in pieces[2:])


def test_full() -> None:
    with pytest.raises(CompileError) as caught:
        place([*TOKENS, TABLES], tier(161), board="test")
    assert str(caught.value) == (
        "the network needs 1.3 KiB for its tables (token 0 0.3 KiB (0.3 KiB of entries), token 1 0.3 KiB (0.3 KiB of entries), "
        "tables 0.8 KiB (0.8 KiB of entries)), test has 1.3 KiB: tier RAM is full"
    )


def test_powers_of_two_fill_a_tier_to_the_last_beat() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        items = []
        for i in range(int(rng.integers(2, 8))):
            stride = 1 << int(rng.integers(1, 7))
            items.append(Item(name=str(i), count=int(rng.integers(1, 9)), stride=stride, used=stride, data_bytes=stride * 8))
        size = sum(item.count * item.stride for item in items)
        pieces = place(items, tier(size), board="test")
        check(items, pieces, size)
        assert holes(pieces, size) == []


def test_holes() -> None:
    pieces = [Piece(item=0, start=0, count=1, base=4, end=8), Piece(item=1, start=0, count=1, base=16, end=20)]
    assert holes(pieces, 32) == [(0, 4), (8, 8), (20, 12)]
