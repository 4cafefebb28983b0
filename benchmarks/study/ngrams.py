"""``python -m benchmarks.study.ngrams``: the interpolated n-grams of golden/tasks/ngram.py with what they would store and read.

Counted as a trie, favourably: every gram of 1..n bytes seen in training is a node. A node stands for its last byte after the others and
holds that byte and a count of 8 bits (2 bytes); nodes shorter than n also hold where their successors begin and the number of these
(4 bytes). To predict, the node of the context of each length is read, and its successors' bytes and counts (2 bytes each); finding the
node is free, since the context of one length is found from the one read a character before.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from golden.tasks.ngram import ngram_bits
from golden.tasks.text import read_text
from polychron.command.app import make_app
from polychron.command.app import run as run_command
from polychron.system.files import check_output

from .points import POINTS, POINTS_FILE, Point, put
from .runs import TEXT

NODE, PLACE = 2, 4  # bytes
ORDERS = (2, 3, 4, 5, 6)


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


app = make_app(
    "python -m benchmarks.study.ngrams",
    "Interpolated n-grams, with what they would store and read, as points of docs/study/points.json.",
    examples=["python -m benchmarks.study.ngrams --text TEXT"],
)


@app.default
def command(*, text: Annotated[Path, TEXT], points: Annotated[Path, POINTS_FILE] = POINTS) -> None:
    check_output(points)
    data = read_text(text)
    start = time.process_time()
    bits = ngram_bits(data.train, data.held_out, orders=ORDERS)
    seconds = time.process_time() - start
    for order, figures in stored(data.train, data.held_out, orders=ORDERS).items():
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
            characters=len(data.train),
            seconds=round(seconds, 1),
            seed=0,
            command=f"python -m benchmarks.study.ngrams --text {data.name}",
        )
        put(point, points)
        print(point)


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(app, argv)


if __name__ == "__main__":
    sys.exit(main())
