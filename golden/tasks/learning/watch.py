"""The bar of learning, its curve, and when it ends."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...training.stop import StopRequest

if TYPE_CHECKING:
    from tqdm import tqdm

CHECKS = (0.01, 0.03, *np.arange(0.05, 1.0, 0.05).tolist())


class Watch:
    """Hears how much is done; True: end, on request or past ``minutes``. At parts of the run it asks ``check`` for the held-out figure,
    ``shown`` beside the bar. ``curve``: (learned, figure) points."""

    def __init__(self, bar: "tqdm[Any]", stop: StopRequest, minutes: float | None, *, check: Callable[[], float], shown: str) -> None:
        self._bar, self._stop, self._check, self._shown = bar, stop, check, shown
        self._end = None if minutes is None else time.monotonic() + 60 * minutes
        self._due = list(CHECKS)
        self._learned = 0
        self.curve: list[tuple[float, float]] = []

    def __call__(self, done: float, learned: int) -> bool:
        """``done``: part of the run, 0..1; ``learned``: how many symbols or samples since the call before."""
        self._learned += learned
        if self._due and done >= self._due[0]:
            self._due = [part for part in self._due if part > done]
            self.curve.append((self._learned, self._check()))
            self._bar.set_postfix_str("held out " + self._shown.format(self.curve[-1][1]), refresh=False)
        self._bar.update(learned)
        return self._stop.made or (self._end is not None and time.monotonic() > self._end)
