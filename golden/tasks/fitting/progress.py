"""The bar of a classifier's training, its learning curve, and when it ends."""

import time
from typing import TYPE_CHECKING, Any

from ...training.stop import StopRequest

if TYPE_CHECKING:
    from tqdm import tqdm


class Progress:
    """The bar, the learning curve, and when to stop: on request, or past the time limit."""

    def __init__(self, bar: "tqdm[Any]", stop: StopRequest, minutes: float | None) -> None:
        self.bar, self.stop = bar, stop
        self.end = None if minutes is None else time.monotonic() + 60 * minutes
        self.curve: list[tuple[float, float]] = []

    def __call__(self, phase: str, loss: float) -> bool:
        self.curve.append((len(self.curve) + 1, loss))
        self.bar.set_postfix_str(f"{phase}, loss {loss:.3f}", refresh=False)
        self.bar.update()
        return self.stop.made or (self.end is not None and time.monotonic() > self.end)

    def another(self) -> "Progress":
        """Of another training at the same bar, until the same end, with a learning curve of its own."""
        made = Progress(self.bar, self.stop, None)
        made.end = self.end
        return made
