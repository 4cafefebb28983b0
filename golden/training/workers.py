"""Threads that share a piece of work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType

import numpy as np

Share = Callable[..., None]
"""``share(function, count, *arguments)`` runs ``function(low, high, *arguments)`` over 0..count."""

PARTS = 4  # pieces of work for each thread, so that a busy processor does not hold up the other


def direct(function: Callable[..., None], count: int, *arguments: object) -> None:
    """A :data:`Share` in the thread that asks."""
    function(0, count, *arguments)


class Workers:
    """``threads`` threads; called, a :data:`Share`. A context manager: leaving it waits for them."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown()

    def __call__(self, function: Callable[..., None], count: int, *arguments: object) -> None:
        if self._threads == 1:
            direct(function, count, *arguments)
            return
        edges = np.linspace(0, count, min(PARTS * self._threads, count) + 1).astype(int)
        jobs = [self._pool.submit(function, low, high, *arguments) for low, high in pairwise(edges)]
        for job in jobs:
            job.result()
