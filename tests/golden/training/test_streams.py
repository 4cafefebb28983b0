"""Where streams begin, and that each goes on where it was, around the end of its part of the text."""

from itertools import pairwise

import numpy as np
import pytest

from golden.training.streams import Streams


def numbers(length: int) -> np.ndarray:
    """A text whose symbols are their own places."""
    return np.arange(length, dtype=np.int32)


def test_streams_are_evenly_placed() -> None:
    windows = Streams(numbers(100), count=4, window=3, recent=0.0).next()
    assert windows.tolist() == [[first, first + 1, first + 2, first + 3] for first in (0, 25, 50, 75)]
    assert windows.dtype == np.int32
    assert Streams(numbers(103), count=4, window=1, recent=0.0).next()[:, 0].tolist() == [0, 25, 50, 75]
    assert Streams(numbers(10), count=1, window=3, recent=0.0).next().tolist() == [[0, 1, 2, 3]]


def test_the_last_symbol_of_a_window_is_the_first_of_the_next() -> None:
    streams = Streams(numbers(100), count=4, window=7, recent=0.0)
    windows = [streams.next() for _ in range(40)]
    for before, after in pairwise(windows):
        assert np.array_equal(before[:, -1], after[:, 0])


def test_a_stream_reads_around_the_end() -> None:
    streams = Streams(numbers(10), count=2, window=4, recent=0.0)
    read = np.concatenate([streams.next()[:, :-1] for _ in range(10)], axis=1)
    assert read[0].tolist() == [place % 10 for place in range(40)]
    assert read[1].tolist() == [place % 10 for place in range(5, 45)]
    assert Streams(numbers(10), count=1, window=9, recent=0.0).next().tolist() == [[*range(10)]]
    streams = Streams(numbers(10), count=1, window=9, recent=0.0)
    assert [streams.next().tolist()[0] for _ in range(2)] == [[*range(10)], [9, *range(9)]]


def test_every_symbol_is_a_target_equally_often() -> None:
    streams = Streams(numbers(60), count=5, window=4, recent=0.0)
    targets = np.concatenate([streams.next()[:, 1:].reshape(-1) for _ in range(15)])
    assert np.bincount(targets, minlength=60).tolist() == [5] * 60


def test_recent_streams_read_the_last_tenth_alone() -> None:
    streams = Streams(numbers(1000), count=8, window=30, recent=0.25)
    starts = np.stack([streams.next()[:, 0] for _ in range(41)])
    assert starts[0].tolist() == [0, 166, 332, 498, 664, 830, 900, 950]
    assert set(starts[:, 6].tolist()) == set(range(900, 1000, 10))
    assert set(starts[:, 7].tolist()) == set(range(900, 1000, 10))
    assert starts[:34, 0].tolist() == list(range(0, 1000, 30))  # the others read all of it


def test_a_window_of_a_recent_stream_is_a_piece_of_the_text() -> None:
    streams = Streams(numbers(100), count=2, window=4, recent=0.5)
    windows = [streams.next()[1].tolist() for _ in range(3)]
    assert windows[:2] == [[90, 91, 92, 93, 94], [94, 95, 96, 97, 98]]
    assert windows[2][:2] == [98, 99]


@pytest.mark.parametrize("recent", [1.0, 0.9])
def test_all_streams_may_be_recent(recent: float) -> None:
    starts = Streams(numbers(100), count=4, window=3, recent=recent).next()[:, 0]
    assert starts.tolist() == [90, 92, 94, 96]


def test_a_last_tenth_is_at_least_a_symbol() -> None:
    streams = Streams(numbers(9), count=2, window=3, recent=0.5)
    assert [int(streams.next()[1, 0]) for _ in range(3)] == [8] * 3


@pytest.mark.parametrize(
    ("length", "count", "window", "least"), [(32, 4, 32, 32), (40, 20, 8, 40), (0, 1, 1, 2), (2, 1, 1, 2), (39, 20, 8, 40)]
)
def test_a_text_too_short_is_refused(length: int, count: int, window: int, least: int) -> None:
    with pytest.raises(ValueError, match=f"^the text must have more than {least} characters to train on, not {length}$"):
        Streams(numbers(length), count=count, window=window, recent=0.0)
    assert len(Streams(numbers(least + 1), count=count, window=window, recent=0.0).next()) == count
