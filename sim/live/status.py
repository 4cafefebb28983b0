"""What a simulated board has done so far, in a line."""

import os
import shutil
import time
from typing import TextIO

from firmware.isa import Counter
from sim.live.served import ServedBoard

PERIOD = 0.5  # seconds from line to line; the core counts 65,536 steps, which take longer, and begins anew


class Status:
    """The line about ``served``, kept up to date on ``stream`` if it is a terminal; else nothing is written."""

    def __init__(self, served: ServedBoard, stream: TextIO) -> None:
        self._served, self._board = served, served.board
        self._stream = stream if stream.isatty() and os.environ.get("TERM") != "dumb" else None
        self._seen = dict.fromkeys((Counter.STEPS, Counter.ROWS), 0)
        self._total = dict(self._seen)
        far = self._board.board.far
        self._flash_rows = self._board.sim.tally("flash.row__ready") if far and far.kind == "qspi" else None
        self._at, self._clocks, self._next = time.monotonic(), self._board.sim.clocks, 0.0
        self._rate = 0.0

    def update(self) -> None:
        """Write the line anew, if it is time."""
        now = time.monotonic()
        if self._stream and now >= self._next:
            self._next = now + PERIOD
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r{self.line()[:width]:<{width}}")

    def line(self) -> str:
        """Simulated time, clocks a second since the last call, characters, rows by tier (of all together with an SDRAM), LEDs: green, an
        image is loaded; red, an error."""
        sim, now, tiers = self._board.sim, time.monotonic(), self._board.board.tiers
        for counter, last in self._seen.items():
            value = self._board.counter(counter)
            self._total[counter] += (value - last) % (1 << counter.bits)
            self._seen[counter] = value
        if now > self._at:
            self._rate = (sim.clocks - self._clocks) / (now - self._at)
        self._at, self._clocks = now, sim.clocks
        rate = "idle" if self._served.idle else f"{self._rate:,.0f} clocks/s"
        far = self._flash_rows.count if self._flash_rows else 0
        rows = f"{self._total[Counter.ROWS] - far:,}" + (f" {tiers[0].name}" if self._flash_rows or len(tiers) == 1 else "")
        rows += f" + {far:,} flash" if self._flash_rows else ""
        lights = " ".join(f"{name} {self._dot(sim[led])}" for name, led in (("green", "led_g"), ("red", "led_r")))
        passed = f"{sim.clocks / self._board.board.clock_hz:.3f} s simulated, {rate}"
        return f"{passed}, {self._total[Counter.STEPS]:,} characters, rows {rows}, {lights}"

    def _dot(self, lit: int) -> str:
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        return ("●" if lit else "○") if encoding.lower().replace("-", "") == "utf8" else ("*" if lit else ".")

    def end(self) -> None:
        """Leave the last line standing."""
        if self._stream:
            self._write(f"\r{self.line():<{shutil.get_terminal_size().columns - 1}}{os.linesep}")

    def _write(self, text: str) -> None:
        try:
            print(text, end="", file=self._stream, flush=True)
        except OSError:  # the terminal has gone
            self._stream = None
