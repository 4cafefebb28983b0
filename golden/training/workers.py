"""Threads that share a piece of work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

Share = Callable[..., None]
"""``share(function, count, *arguments)`` runs ``function(low, high, *arguments)`` over 0..count."""

PARTS = 4  # pieces of work for each thread, so that a busy processor does not hold up the other


def direct(function: Callable[..., None], count: int, *arguments: object) -> None:
    """A :data:`Share` in the thread that asks."""
    function(0, count, *arguments)


class Workers(ThreadPoolExecutor):
    """``threads`` threads; called, a :data:`Share`."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.threads = threads

    def __call__(self, function: Callable[..., None], count: int, *arguments: object) -> None:
        if self.threads == 1:
            direct(function, count, *arguments)
            return
        edges = np.linspace(0, count, min(PARTS * self.threads, count) + 1).astype(int)
        jobs = [self.submit(function, low, high, *arguments) for low, high in pairwise(edges)]
        for job in jobs:
            job.result()
