"""Ctrl-C and SIGTERM as a request to end a training run after the current step."""

import signal
import threading
from types import FrameType


class StopRequest:
    """While it is entered, the first Ctrl-C or SIGTERM sets ``made``; one more interrupts at once (``KeyboardInterrupt(number)``).

    Outside the main thread, where Python takes no signals, it is never made.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.made = False

    def __enter__(self) -> "StopRequest":
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._before = {number: signal.signal(number, self._note) for number in self.SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        if self._main:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.made:
            raise KeyboardInterrupt(number)
        self.made = True
