"""Placement of tables in one memory: alignment, no overlap, splitting, holes."""

import itertools

import numpy as np
import pytest

from firmware.compiler.tables.placement import Area, Item, Piece, fit, holes

TOKENS = [Item(name=f"token {i}", count=1, stride=64, used=33, data_bytes=264, together=0) for i in range(2)]
TABLES = Item(name="tables", count=12, stride=8, used=8, data_bytes=768)


def placed(items: list[Item], size: int) -> list[Piece]:
    pieces = fit(items, Area(end=size))
    assert pieces is not None
    return pieces


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
    pieces = placed(items, 225)
    check(items, pieces, 225)
    assert [piece.item for piece in pieces] == [0, 1, 2]


def test_split_where_they_do_not() -> None:
    items = [*TOKENS, TABLES]
    pieces = placed(items, 184)
    check(items, pieces, 184)
    assert [piece.item for piece in pieces] == [0, 1, 2, 2]
    assert all(piece.count % 2 == 0 for piece in pieces[2:])


def test_full() -> None:
    assert fit([*TOKENS, TABLES], Area(end=161)) is None
    assert fit([*TOKENS, TABLES], Area(end=161, base=0), tries=1) is None


def test_powers_of_two_fill_a_tier_to_the_last_beat() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        items = []
        for i in range(int(rng.integers(2, 8))):
            stride = 1 << int(rng.integers(1, 7))
            items.append(Item(name=str(i), count=int(rng.integers(1, 9)), stride=stride, used=stride, data_bytes=stride * 8))
        size = sum(item.count * item.stride for item in items)
        pieces = placed(items, size)
        check(items, pieces, size)
        assert holes(pieces, Area(end=size)) == []
        assert fit(items, Area(end=size - 1)) is None


def test_holes() -> None:
    pieces = [Piece(item=0, start=0, count=1, base=4, end=8), Piece(item=1, start=0, count=1, base=16, end=20)]
    assert holes(pieces, Area(end=32)) == [(0, 4), (8, 8), (20, 12)]
    assert holes(pieces, Area(base=2, end=32, gap=3, tier=1)) == [(11, 2), (23, 9)]


@pytest.mark.parametrize("gap", [0, 3])
def test_base_and_gap(gap: int) -> None:
    """A gap costs the tables that would touch, and no others: a row that ends early leaves one of itself."""
    pieces = fit([TABLES, TABLES, TOKENS[0]], Area(base=70, end=512, gap=gap, tier=1))
    assert pieces is not None
    assert {piece.tier for piece in pieces} == {1}
    ends = sorted((piece.base, piece.end) for piece in pieces)
    assert all(after[0] - before[1] >= gap for before, after in itertools.pairwise(ends))
    assert ends[0][0] >= 70
    assert all(piece.base % (TABLES, TABLES, TOKENS[0])[piece.item].stride == 0 for piece in pieces)
    assert any(after[0] == before[1] for before, after in itertools.pairwise(ends)) == (gap == 0)
