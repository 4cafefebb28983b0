"""``python -m benchmarks.study.ngrams``: the interpolated n-grams of golden/tasks/ngram.py with what they would store and read.

Counted as a trie, favourably: every gram of 1..n bytes seen in training is a node. A node stands for its last byte after the others and
holds that byte and a count of 8 bits (2 bytes); nodes shorter than n also hold where their successors begin and the number of these
(4 bytes). To predict, the node of the context of each length is read, and its successors' bytes and counts (2 bytes each); finding the
node is free, since the context of one length is found from the one read a character before.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.integer.layer import NetworkError
from golden.tasks.ngram import ngram_bits
from golden.tasks.text import read_text

from .points import POINTS, Point, put

__all__ = ["Stored", "main", "stored"]

NODE, PLACE = 2, 4  # bytes


@dataclass(frozen=True, kw_only=True)
class Stored:
    """``grams``: different grams of each length 1..n; ``bytes`` of the trie; ``read``: bytes for a character, the mean over a text."""

    grams: tuple[int, ...]
    bytes: int
    read: float


def stored(train: bytes, held_out: bytes, *, orders: tuple[int, ...]) -> dict[int, Stored]:
    """What an n-gram of each order stores of ``train`` and reads a character of ``held_out``."""
    seen = np.frombuffer(train, np.uint8).astype(np.int64)
    text = np.concatenate([seen, np.frombuffer(held_out, np.uint8).astype(np.int64)])
    if not len(held_out) or len(seen) <= max(orders):
        raise ValueError(f"both texts must be longer than {max(orders)} bytes")
    node = np.zeros(len(text), np.int64)  # number of the gram of the current length that ends before each byte; 0 at length 0
    grams: list[int] = []
    read = 0.0
    found = {}
    for length in range(1, max(orders) + 1):
        gram, count = _numbers(node * 256 + text)
        known = np.zeros(count, bool)
        known[gram[length - 1 : len(seen)]] = True
        owner = np.zeros(count, np.int64)
        owner[gram] = node
        successors = np.bincount(owner[known], minlength=int(node.max()) + 1)[node[len(seen) :]]
        read += float((successors * NODE + (successors > 0) * PLACE).mean())
        grams.append(int(known.sum()))
        if length in orders:
            found[length] = Stored(grams=tuple(grams), bytes=sum(grams) * (NODE + PLACE) - grams[-1] * PLACE, read=read)
        node = np.concatenate([[count], gram[:-1]])
    return found


def _numbers(keys: np.ndarray) -> tuple[np.ndarray, int]:
    different, numbers = np.unique(keys, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64), len(different)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study.ngrams", description=__doc__)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--points", type=Path, default=POINTS, help="the file of points (default: docs/study/points.json)")
    arguments = parser.parse_args(argv)
    orders = (2, 3, 4, 5, 6)
    try:
        text = read_text(arguments.text)
        start = time.process_time()
        bits = ngram_bits(text.train, text.held_out, orders=orders)
        seconds = time.process_time() - start
        for order, figures in stored(text.train, text.held_out, orders=orders).items():
            point = Point(
                name=f"{order}-gram",
                family="n-gram",
                shape=f"{sum(figures.grams)} grams",
                memory="none",
                table_bytes=figures.bytes,
                bytes_read=round(figures.read),
                clocks=None,
                predicted=False,
                bits=round(bits[order], 4),
                characters=len(text.train),
                seconds=round(seconds, 1),
                seed=0,
                command=f"python -m benchmarks.study.ngrams --text {text.name}",
            )
            put(point, arguments.points)
            print(point)
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
