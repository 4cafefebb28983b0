"""Runs of a program on the simulated gateware beside the golden model: what was written, what it took, whether all was equal."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from boards import Board
from firmware.estimate import Estimate, estimate
from firmware.host.host import Counters
from firmware.isa import Mode
from firmware.program import Program
from golden.integer.deep import classifier
from golden.integer.layer import Int16, NetworkError
from golden.integer.network import Network
from golden.integer.signal import signal_network
from golden.integer.symbols import TextDecoder, encode, typed_bytes
from hdl.board.parts import core_params
from polychron.system.files import check_file
from polychron.system.progress import under_way
from sim.compiled.build import telling
from sim.cycles import predict
from sim.machines.session import STEPS_AT_ONCE, BoardSession, CoreSession, Session

MAX_LENGTH = 60_000  # the core counts steps in 16 bits
Say = Callable[[str], None]


def _silent(text: str) -> None:
    """Says nothing."""


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What is simulated: ``program``, compiled of ``network`` for ``board``.

    ``uart``: the whole board, by its UART pins and the host driver; else the core alone. ``trace``: a VCD to write.
    """

    network: Network
    program: Program
    board: Board
    uart: bool = False
    trace: Path | None = None

    @contextmanager
    def session(self, say: Say) -> Iterator[Session]:
        """The simulation, loaded; closed at the end. ``say`` is given a line about what has to be compiled, none where the cache has it."""
        if self.trace:
            check_file(self.trace)
        session: Session
        with telling(say):
            if self.uart:
                session = BoardSession(self.network, self.program, board=self.board)
            else:
                session = CoreSession(self.network, self.program, params=core_params(self.board), board=self.board)
        try:
            if self.trace:
                session.sim.trace(self.trace, clock_hz=self.board.clock_hz)
            yield session
            if self.trace:
                session.sim.close_trace()
        finally:
            session.close()


@dataclass(frozen=True, kw_only=True)
class Run(ABC):
    """A run. ``used``: the core's counters of it; ``compared``: latencies equal to the golden model's; ``difference``: None, or a sentence
    about the first that is not; ``clocks``: simulated in ``seconds``, load and pauses included.
    """

    of: Simulated
    used: Counters
    compared: int
    difference: str | None
    clocks: int
    seconds: float

    @property
    def equal(self) -> bool:
        """Whether gateware and golden model agreed on everything."""
        return self.difference is None

    @property
    def clocks_per_step(self) -> float:
        return self.used.clocks / self.used.steps

    @property
    def steps_per_second(self) -> float:
        """At the board's clock."""
        return self.of.board.clock_hz / self.clocks_per_step

    @property
    def verdict(self) -> str:
        """One line: equal, or what is not."""
        if self.difference:
            return f"DIFFERENT from the golden model: {self.difference}"
        return f"equal to the golden model: {self.compared:,} latencies and every symbol"

    @cached_property
    def estimated(self) -> Estimate:
        return estimate(self.of.program, self.of.board)

    @property
    def limit(self) -> int:
        """Clocks a step at best."""
        return self.estimated.limit

    @property
    @abstractmethod
    def summary(self) -> str:
        """The lines about speed; none where no step was taken."""

    @property
    def figures(self) -> dict[str, Any]:
        """The same for ``--json`` (docs/user/json.md); None what a run without steps doesn't tell."""
        used, steps = self.used, self.used.steps
        beat_bytes = self.of.program.width.beat_bytes
        return {
            "board": self.of.board.name,
            "network": self.of.program.meta.name,
            "clock_mhz": self.of.board.clock_hz / 1e6,
            "equal": self.equal,
            "difference": self.difference,
            "latencies_compared": self.compared,
            "steps": steps,
            "saturations": used.saturations,
            "clocks_per_step": self.clocks_per_step if steps else None,
            "clocks_limit": self.limit if steps else None,
            "efficiency": self.limit / self.clocks_per_step if steps else None,
            "bytes_per_step": beat_bytes * used.beats / steps if steps else None,
            "flash_bytes_per_step": beat_bytes * used.flash / steps if steps else None,
            "rows_per_step": used.rows / steps if steps else None,
            "steps_per_second": self.steps_per_second if steps else None,
            "clocks_simulated": self.clocks,
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        return "\n".join(part for part in (self.verdict, self.summary) if part)


@dataclass(frozen=True, kw_only=True)
class TextRun(Run):
    """``text``: the prompt and what the core wrote, the unknown symbol as a question mark. ``line_clocks``: until the last symbol came."""

    text: str
    line_clocks: int

    @property
    def limit(self) -> int:
        """Clocks a step at best, the mean over the run: a transformer's grows while its cache fills."""
        return round(sum(map(self.estimated.limit_with, range(self.used.steps))) / self.used.steps)

    @property
    def uart_steps_per_second(self) -> float:
        """Over the UART, at the board's clock; the requests and replies of the host included."""
        return self.used.steps * self.of.board.clock_hz / self.line_clocks

    @property
    def figures(self) -> dict[str, Any]:
        over = self.uart_steps_per_second if self.of.uart and self.used.steps else None
        return super().figures | {"text": self.text, "uart_steps_per_second": over}

    @property
    def summary(self) -> str:
        if not self.used.steps:
            return ""
        used, board = self.used, self.of.board
        clocks, speed = self.clocks_per_step, f"{self.steps_per_second:,.0f} characters a second"
        lines = [f"{used.steps} characters: {clocks:.2f} clocks a character, {_efficiency(self.limit, clocks)}"]
        if any(run.mode == Mode.ATTEND for run in self.of.program.runs):
            full = predict(self.of.program, board)
            rate = f"{full.clocks_per_step} clocks a character, {_efficiency(self.estimated.limit, full.clocks_per_step)}"
            lines.append(f"with a full cache, by the cycle model: {rate}; the first one takes {full.clocks}")
        total, far = (self.of.program.width.beat_bytes * count / used.steps for count in (used.beats, used.flash))
        rows = f"{used.rows / used.steps:.0f} rows"
        outside = f", {far:,.0f} of them from {board.far.name}" if board.far else ""
        lines.append(f"{total:,.0f} bytes of tables read a character in {rows}{outside}")
        lines.append(f"at {board.clock_hz / 1e6:g} MHz: {speed}; {used.saturations} neurons saturated")
        if self.of.uart:
            how = f"at {board.uart_baud / 1e6:g} Mbaud, up to {STEPS_AT_ONCE} characters a request"
            lines.append(f"over the UART {how}: {self.uart_steps_per_second:,.0f} characters a second")
        return "\n".join(lines)


def _efficiency(limit: int, clocks: float) -> str:
    return f"limit {limit}, efficiency {100 * limit / clocks:.1f} %"


@dataclass(frozen=True, kw_only=True)
class ClassRun(Run):
    """``classes``: of each input, as far as gateware and golden model agreed; ``outputs``: (inputs, n_out) latencies, as the gateware
    left them."""

    classes: tuple[int, ...]
    outputs: Int16

    @property
    def figures(self) -> dict[str, Any]:
        return super().figures | {"classes": self.classes}

    @property
    def summary(self) -> str:
        clocks, mhz = self.clocks_per_step, self.of.board.clock_hz / 1e6
        one = "digit" if self.of.network.card.get("task") in ("digits", "mnist") else "sample"
        return (
            f"{clocks:.2f} clocks a {one}, {_efficiency(self.limit, clocks)}\n"
            f"at {mhz:g} MHz: {clocks / mhz:.2f} us a {one}; {self.used.saturations} neurons saturated"
        )


@dataclass(frozen=True, kw_only=True)
class SignalRun(Run):
    """``outputs``: of each signal, (steps, n_out) latencies, as the gateware left them. ``line_bytes`` and ``line_clocks``: over the UART,
    in both directions, and from the first byte of each step to its last one; the beginnings of signals apart."""

    outputs: tuple[Int16, ...]
    line_bytes: int
    line_clocks: int

    @property
    def figures(self) -> dict[str, Any]:
        used, over = self.used.steps, self.of.uart and self.used.steps
        return super().figures | {
            "signals": len(self.outputs),
            "uart_bytes_per_step": self.line_bytes / used if over else None,
            "uart_steps_per_second": used * self.of.board.clock_hz / self.line_clocks if over else None,
        }

    @property
    def summary(self) -> str:
        if not self.used.steps:
            return ""
        clocks, mhz, count = self.clocks_per_step, self.of.board.clock_hz / 1e6, len(self.outputs)
        lines = [
            f"{count} signal{'s' * (count != 1)}, {self.used.steps} steps: {clocks:.2f} clocks a step, {_efficiency(self.limit, clocks)}",
            f"at {mhz:g} MHz: {clocks / mhz:.2f} us from a step's inputs to its outputs; {self.used.saturations} neurons saturated",
        ]
        if self.of.uart:
            each, us = self.line_bytes / self.used.steps, self.line_clocks / self.used.steps / mhz
            lines.append(f"over the UART at {self.of.board.uart_baud / 1e6:g} Mbaud: {each:.0f} bytes and {us:,.0f} us a step")
        return "\n".join(lines)


class _Meter:
    """What a session spends from here on."""

    def __init__(self, session: Session) -> None:
        self._session, self._counters, self._clocks = session, session.counters(), session.sim.clocks
        self._start = time.monotonic()

    def read(self, *, steps: int) -> dict[str, Any]:
        """The fields that all runs have, of so many ``steps``, which the core counts in 16 bits."""
        session, seconds = self._session, time.monotonic() - self._start
        return {
            "used": replace(session.counters() - self._counters, steps=steps),
            "compared": session.comparison.compared,
            "difference": session.difference,
            "clocks": session.sim.clocks - self._clocks,
            "seconds": seconds,
        }


def decoder_of(network: Network, symbols: tuple[int, ...]) -> TextDecoder:
    """Of what ``network`` writes; in programs, where the question mark is a token, the unknown symbol is U+FFFD, which is none."""
    return TextDecoder(symbols, unknown="\ufffd") if network.card.get("task") == "programs" else TextDecoder(symbols)


def simulate_text(of: Simulated, *, prompt: str = "", length: int = 200, echo: Say = _silent, say: Say = _silent) -> TextRun:
    """Feed ``prompt``, then let the core write ``length`` (0..60000) characters; ends at the first difference.

    ``echo`` is given the text as it comes, ``say`` a line about what takes time.
    """
    symbols = of.network.byte_symbols()
    if symbols is None:
        raise NetworkError(f"{of.program.meta.name} has no symbols: it reads no text")
    if not 0 <= length <= MAX_LENGTH:
        raise ValueError(f"length must be 0..{MAX_LENGTH}, not {length}")
    data = typed_bytes(prompt)
    prompt = data.decode(errors="replace")
    forced = encode(symbols, data).tolist()
    with of.session(say) as session:
        meter, clocks = _Meter(session), session.sim.clocks
        last, text, steps = clocks, prompt, 0
        decoder = decoder_of(of.network, symbols)
        echo(prompt)
        for symbol in session.run([*forced, *[None] * length]):
            steps += 1
            if steps > len(forced):
                text += (characters := decoder.text([symbol]))
                echo(characters)
            last = session.sim.clocks
        text += (characters := decoder.end())
        echo(characters)
        return TextRun(of=of, **meter.read(steps=steps), text=text, line_clocks=last - clocks)


def simulate_classes(of: Simulated, inputs: Iterable[Int16], *, say: Say = _silent) -> ClassRun:
    """Classify ``inputs``, each (n - n_ref,) latencies of a deep network; ends at the first difference."""
    classifier(of.network, name=of.program.meta.name)
    with of.session(say) as session, under_way("classifying") as phase:
        meter = _Meter(session)
        classes: list[int] = []
        outputs: list[Int16] = []
        for x in inputs:
            classes.append(session.classify(x))
            outputs.append(session.comparison.outputs.copy())
            phase(f"{len(classes):,} samples")
            if session.difference:
                break
        latencies = np.array(outputs, np.int16).reshape(-1, of.network.n_out)
        return ClassRun(of=of, **meter.read(steps=len(classes)), classes=tuple(classes), outputs=latencies)


def simulate_signals(of: Simulated, signals: Iterable[Int16], *, say: Say = _silent) -> SignalRun:
    """Read ``signals``, each (steps, n_in) latencies and each from the state of the start; ends at the first difference."""
    signal_network(of.network, name=of.program.meta.name)
    with of.session(say) as session, under_way("reading signals") as phase:
        meter = _Meter(session)
        outputs: list[Int16] = []
        steps, line_bytes, line_clocks = 0, 0, 0
        for signal in signals:
            session.restart()
            read: list[Int16] = []
            for x in signal:
                moved, clocks = session.line_bytes, session.sim.clocks
                session.classify(x)
                line_bytes, line_clocks = line_bytes + session.line_bytes - moved, line_clocks + session.sim.clocks - clocks
                read.append(session.comparison.outputs.copy())
                phase(f"{steps + len(read):,} steps")
                if session.difference:
                    break
            steps += len(read)
            outputs.append(np.array(read, np.int16).reshape(-1, of.network.n_out))
            if session.difference:
                break
        read_all = tuple(outputs)
        return SignalRun(of=of, **meter.read(steps=steps), outputs=read_all, line_bytes=line_bytes, line_clocks=line_clocks)
