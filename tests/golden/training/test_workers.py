"""Threads that share a piece of work: each part is done once, whatever the number of threads, and what goes wrong is heard of."""

import threading

import numpy as np
import pytest

from golden.training.workers import Workers, direct


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [1, 2, 8, 13, 100])
def test_pieces_cover_the_range_exactly_once(threads: int, count: int) -> None:
    pieces: list[tuple[int, int]] = []
    with Workers(threads) as share:
        share(lambda low, high: pieces.append((low, high)), count)
    assert len(pieces) == (1 if threads == 1 else min(4 * threads, count))
    assert all(low < high for low, high in pieces)
    assert sorted(part for low, high in pieces for part in range(low, high)) == list(range(count))


def squares(low: int, high: int, x: np.ndarray, y: np.ndarray) -> None:
    y[low:high] = x[low:high] ** 2


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_result_is_that_of_one_thread(threads: int) -> None:
    x = np.arange(37.0)
    mine, alone = np.zeros(37), np.zeros(37)
    direct(squares, 37, x, alone)
    with Workers(threads) as share:
        share(squares, 37, x, mine)
        assert np.array_equal(mine, alone)  # all is done when it returns
    assert np.array_equal(alone, x**2)


def test_pieces_run_side_by_side_and_only_where_there_are_threads() -> None:
    both = threading.Barrier(2, timeout=20)
    here = threading.get_ident()

    def meet(low: int, high: int, seen: set[int]) -> None:
        both.wait()
        seen.add(threading.get_ident())

    seen: set[int] = set()
    with Workers(2) as share:
        share(meet, 2, seen)  # would wait in vain in one thread
    assert len(seen) == 2
    assert here not in seen
    alone: list[int] = []
    with Workers(1) as share:
        share(lambda low, high: alone.append(threading.get_ident()), 5)
    assert alone == [here]


@pytest.mark.parametrize("threads", [1, 3])
def test_what_a_piece_raises_comes_out(threads: int) -> None:
    def fail(low: int, high: int) -> None:
        if low <= 7 < high:
            raise ArithmeticError(f"no {low}")

    with Workers(threads) as share:
        with pytest.raises(ArithmeticError, match="no"):
            share(fail, 10)
        share(squares, 3, np.ones(3), np.zeros(3))  # and the threads are still there


def test_leaving_waits_for_the_threads() -> None:
    before = threading.active_count()
    with Workers(4) as share:
        share(squares, 30, np.ones(30), np.zeros(30))
        assert threading.active_count() > before
    assert threading.active_count() == before
    with pytest.raises(RuntimeError):
        share(squares, 30, np.ones(30), np.zeros(30))
