"""Which tables lie in which tier: all on chip where they fit, else those that cost most in the flash, the token's first."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import boards
from boards import Board, Tier
from firmware.compiler import CompileError
from firmware.compiler.tables.placement import Item, Piece
from firmware.compiler.tables.tiers import place, row_clocks

ICEBREAKER = boards.get("icebreaker")


def board(near: int, far: int, *, base: int = 0, byte_clocks: int = 1, overhead: int = 8) -> Board:
    """A board with so many beats in each tier."""
    chip = Tier(name="RAM", kind="spram", size=near * 8)
    flash = Tier(name="flash", kind="qspi", base=base * 8, size=far * 8, byte_clocks=byte_clocks, row_clocks=overhead)
    return replace(ICEBREAKER, name="test", tiers=(chip, flash))


def tables(count: int, rows: int, row_beats: int, *, int4: bool = False) -> Item:
    stride = rows * (1 << (row_beats - 1).bit_length())
    return Item(name="t", count=count, stride=stride, used=stride, data_bytes=count * stride * 8, row_beats=row_beats, int4=int4)


def token(rows: int, row_beats: int) -> Item:
    step = 1 << (row_beats - 1).bit_length()
    used = (rows - 1) * step + row_beats
    return Item(
        name="e", count=1, stride=1 << (rows * step - 1).bit_length(), used=used, data_bytes=used * 8, row_beats=row_beats, together=0
    )


def check(items: list[Item], pieces: list[Piece], on: Board) -> list[int]:
    """Pieces are aligned, whole, apart and inside; the tables of each item that lie on chip."""
    for number, item in enumerate(items):
        mine = sorted((piece for piece in pieces if piece.item == number), key=lambda piece: piece.start)
        assert [piece.start for piece in mine] == list(itertools.accumulate([0] + [piece.count for piece in mine[:-1]]))
        assert sum(piece.count for piece in mine) == item.count
        assert all(piece.base % item.stride == 0 for piece in mine)
        assert all(piece.end == piece.base + item.extent(piece.count) for piece in mine)
    for number, tier in enumerate(on.tiers):
        spans = sorted((piece.base, piece.end) for piece in pieces if piece.tier == number)
        gap = 3 if number else 0
        assert all(after[0] - before[1] >= gap for before, after in itertools.pairwise(spans))
        if spans:
            assert spans[0][0] * 8 >= tier.base
            assert spans[-1][1] * 8 <= tier.base + tier.size - (16 if number else 0)
    return [sum(piece.count for piece in pieces if (piece.item, piece.tier) == (number, 0)) for number in range(len(items))]


def test_all_on_chip_where_it_fits() -> None:
    items = [tables(4, 16, 2), tables(1, 64, 2), token(60, 2)]
    assert {piece.tier for piece in place(items, board(376, 4096))} == {0}
    assert {piece.tier for piece in place(items, board(375, 4096))} == {0, 1}


def test_hot_tables_and_the_token_on_chip() -> None:
    """The paper's unembedder and state, and a small layer, on the iCEBreaker: what is read often for its size stays near."""
    on = replace(ICEBREAKER, tiers=(*ICEBREAKER.tiers, boards.icebreaker.FLASH))
    items = [tables(16, 1024, 9), tables(64, 1024, 8), tables(8, 64, 8), token(65, 8)]
    pieces = place(items, on)
    assert check(items, pieces, on) == [0, 1, 8, 1]
    assert check(items, place(items, on, whole=True), on) == [0, 0, 8, 1]


def test_the_last_beat_stays_free_for_int4_rows_of_the_flash() -> None:
    items = [tables(3, 32, 2, int4=True)]
    for int4, kept in ((False, 2), (True, 1)):
        on = board(128, 4096)
        pieces = place([replace(items[0], int4=int4)], on)
        assert check(items, pieces, on) == [kept]
        assert any(piece.tier == 0 and piece.end == 128 for piece in pieces) != int4


@pytest.mark.parametrize("seed", range(40))
def test_no_other_choice_of_tables_saves_more(seed: int) -> None:
    """Against every choice of counts that fills no more beats than there are."""
    rng = np.random.default_rng(seed)
    items = [tables(int(rng.integers(1, 5)), 1 << int(rng.integers(1, 6)), int(rng.integers(1, 9))) for _ in range(4)]
    size = sum(item.count * item.stride for item in items) * int(rng.integers(1, 4)) // 4
    on = board(size, 1 << 16, byte_clocks=int(rng.choice([1, 2])))

    def saved(counts: tuple[int, ...]) -> int:
        chip, flash = on.tiers
        return sum(count * (row_clocks(item, flash, 8) - row_clocks(item, chip, 8)) for item, count in zip(items, counts, strict=True))

    choices = itertools.product(*(range(item.count + 1) for item in items))
    best = max(saved(c) for c in choices if sum(n * item.stride for n, item in zip(c, items, strict=True)) <= size)
    assert saved(tuple(check(items, place(items, on), on))) == best
    assert saved(tuple(check(items, place(items, board(size // 2, 1 << 16)), on))) < best or best == 0


@pytest.mark.parametrize("seed", range(100))
def test_any_sizes(seed: int) -> None:
    """Rows of any length, tokens, both widths, a chip of any size down to a beat: pieces are always sound, tables parted or not."""
    rng = np.random.default_rng(seed)
    items = [
        tables(int(rng.integers(1, 12)), 1 << int(rng.integers(1, 7)), int(rng.integers(1, 20)), int4=bool(rng.integers(2)))
        for _ in range(rng.integers(1, 7))
    ]
    items += [token(int(rng.integers(1, 70)), int(rng.integers(1, 20))) for _ in range(rng.integers(3))]
    size = 1 + int(rng.random() ** 2 * sum(item.extent(item.count) for item in items))
    on = board(size, 1 << 18, base=int(rng.integers(1, 1 << 12)))
    kept = check(items, place(items, on), on)
    for item, count in zip(items, check(items, place(items, on, whole=True), on), strict=True):
        assert count in (0, item.count)
    tokens = [i for i, item in enumerate(items) if not item.together]
    if tokens and items[tokens[0]].used < size:
        assert kept[tokens[0]] == 1


def test_hundreds_of_tables() -> None:
    on = replace(ICEBREAKER, tiers=(*ICEBREAKER.tiers, boards.icebreaker.FLASH))
    items = [*(tables(30 + i, 64 << i % 3, 4 + i % 5) for i in range(20)), token(256, 32)]
    kept = check(items, place(items, on), on)
    assert kept[-1] == 1
    assert sum(kept) > 1


def test_full() -> None:
    items = [tables(4, 1024, 8), token(65, 8)]
    needs = "the network needs 260.1 KiB for its tables (t 256.0 KiB (256.0 KiB of entries), e 4.1 KiB (4.1 KiB of entries)), test has "
    with pytest.raises(CompileError) as caught:
        place(items, replace(board(16384, 8), tiers=board(16384, 8).tiers[:1]))
    assert str(caught.value) == needs + "128.0 KiB, 132.1 KiB too few: tier RAM is full"
    with pytest.raises(CompileError) as caught:
        place(items, board(16384, 3 * 8192 + 1))
    assert str(caught.value) == needs + "128.0 KiB of RAM and 192.0 KiB of flash, too few for where they may begin: tier flash is full"
    assert place(items, board(16384, 3 * 8192 + 2))


def test_of_many_items_the_largest_are_named() -> None:
    items = [replace(tables(4, 1024 << i % 3, 8), name=f"blocks.{i}.part.0 (n_c = 10)") for i in range(20)]
    with pytest.raises(CompileError) as caught:
        place(items, replace(board(16384, 8), tiers=board(16384, 8).tiers[:1]))
    message = str(caught.value)
    assert message.startswith("the network needs 11520.0 KiB for its tables (the largest of 20 are blocks.2.part.0 (n_c = 10) 1024.0 KiB ")
    assert message.endswith(
        "blocks.8.part.0 (n_c = 10) 1024.0 KiB (1024.0 KiB of entries)), test has 128.0 KiB, 11392.0 KiB too few: tier RAM is full"
    )
    assert len(message) < 400
