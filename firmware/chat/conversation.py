"""A conversation with a text network: each line is read to it and it goes on from there; a line with a slash is a command."""

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from golden.integer.symbols import typed_bytes
from polychron.command.app import sentence
from polychron.command.target import Sampler
from polychron.command.terminal import printable, say, show
from polychron.system.files import check_output

from ..host.device import Device, SymbolError
from .learning import Learner
from .start import Begin, start
from .usage import Usage
from .writing import go_on, read, stoppable

Connect = Callable[[bytes], AbstractContextManager[Device]]
"""A device with the network of an image, not loaded yet; only one is open at a time."""

Learns = Callable[[Device, str | None], Learner]
"""A learner for a device with a network that was named, or with the first one."""

HELP = """\
A line is read to the network, and the network goes on from there. Ctrl-C stops it, Ctrl-D ends the program.
/temperature T  draw from the softmax at T; 0 takes the earliest spike
/k K            draw among the K earliest spikes only; 0: among all
/seed N         start the core's generator anew
/count N        characters of an answer
/reset          forget the text so far
/stats          what the core has done since the network was loaded
/network NAME   go on with another network: a file, or one that ships
/help, /quit"""

LEARNING = """\
/learn on|off   whether the board learns what is read to it
/save FILE      write the network as it has become, for --network
/original       the network as it was before it learned, and the text so far forgotten"""


class Conversation:
    """Over what ``connect`` opens, with the network of ``image``.

    ``compiled``: the image of a network by its name; ``count``: characters of an answer; ``clock_hz``: of the board, to tell its speed.
    ``begin``: how a network begins; ``learns``: of a board that is to learn what is read to it.
    """

    def __init__(
        self,
        connect: Connect,
        image: bytes,
        *,
        compiled: Callable[[str], bytes],
        sampler: Sampler,
        count: int,
        clock_hz: float,
        begin: Begin = start,
        learns: Learns | None = None,
    ) -> None:
        self._connect, self._compiled = connect, compiled
        self._begin, self._learns, self._learning = begin, learns, learns is not None
        self._learner: Learner | None = None
        self._named: str | None = None
        self._sampler, self._count, self._clock_hz = sampler, count, clock_hz
        self._commands: dict[str, Callable[[str], None]] = {
            "temperature": lambda word: self._draw("temperature", word, float),
            "k": lambda word: self._draw("k", word, int),
            "seed": lambda word: self._draw("seed", word, int),
            "count": self._set_count,
            "reset": self._reset,
            "stats": self._stats,
            "network": self._network,
            "help": lambda word: print(f"{HELP}\n{LEARNING}" if self._learner else HELP),
        }
        if learns is not None:
            self._commands |= {"learn": self._set_learning, "save": self._save, "original": self._original}
        self._stack = ExitStack()
        self._open(image)

    @property
    def commands(self) -> list[str]:
        """What may stand at the beginning of a line, for completion."""
        return [f"/{name}" for name in (*self._commands, "quit")]

    def close(self) -> None:
        """Let go of the board."""
        self._stack.close()

    def take(self, line: str) -> bool:
        """Do what a line says; False if that is to end. What is wrong with it is a ``ValueError``, after which the next line can follow."""
        if not line.startswith("/"):
            self._answer(line)
            return True
        name, _, word = line[1:].strip().partition(" ")
        if name == "quit":
            return False
        if name not in self._commands:
            raise ValueError(f"/{printable(name)} is none of the commands {', '.join(self.commands)}")
        self._commands[name](word.strip())
        return True

    def _answer(self, line: str) -> None:
        data = typed_bytes(line)
        with stoppable() as stop:
            try:
                symbols = self._device.symbols(data + b"\n")
            except SymbolError:
                symbols = self._device.symbols(data)  # a network that knows no end of line
            try:
                self._read(symbols, stop)
                last = go_on(self._device, self._count, usage=self._usage, stop=stop)
            except ValueError:
                show("\n")  # what is wrong is told on a line of its own
                raise
            if last != "\n":
                show("\n")

    def _read(self, symbols: Sequence[int], stop: threading.Event) -> None:
        if self._learner is None or not self._learning:
            read(self._device, symbols, usage=self._usage, stop=stop)
            return
        bits = self._learner.read(symbols, sampler=self._sampler, usage=self._usage, stop=stop)
        if bits is not None:
            say(self._learner.told(bits))

    def _set_learning(self, word: str) -> None:
        if word not in ("on", "off"):
            raise ValueError(f"/learn takes on or off, not {printable(repr(word))}")
        self._learning = word == "on"

    def _save(self, word: str) -> None:
        if not word:
            raise ValueError("/save takes the name of a file")
        assert self._learner is not None
        path = Path(word)
        check_output(path)
        self._learner.save(path)
        say(f"saved: {printable(path)}")

    def _original(self, word: str) -> None:
        assert self._learns is not None
        start(self._device, self._sampler)
        self._learner = self._learns(self._device, self._named)

    def _draw(self, name: str, word: str, kind: type[int] | type[float]) -> None:
        try:
            value: Any = kind(word)
        except ValueError:
            raise ValueError(f"/{name} takes a number, not {printable(repr(word))}") from None
        sampler = replace(self._sampler, greedy=False, **{name: value})
        self._device.set_sampler(temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
        self._sampler = sampler

    def _set_count(self, word: str) -> None:
        if not word.isdecimal() or len(word) > 7 or not 1 <= int(word) <= 1_000_000:
            raise ValueError(f"/count takes 1..1000000 characters, not {printable(repr(word))}")
        self._count = int(word)

    def _reset(self, word: str) -> None:
        self._device.reset()

    def _stats(self, word: str) -> None:
        used, host = self._usage.used, self._device.host
        print(self._usage)
        if used.clocks:
            rate = self._clock_hz * used.steps / used.clocks
            print(f"{rate:,.0f} characters a second at {self._clock_hz / 1e6:g} MHz, {used.rows / used.steps:.0f} rows a character")
        if self._learner is not None:
            print(f"learned: {self._learner.stats}")
        print(f"requests sent again: {host.faults.resent}")

    def _network(self, word: str) -> None:
        if not word:
            raise ValueError("/network takes a network file, or the name of one that ships")
        image, before = self._compiled(word), self._device.image
        Device(self._device.host, image).symbols(b"")  # one that reads no text is refused before this one is left
        self._stack.close()
        try:
            self._open(image, word)
        except ValueError:
            self._stack.close()
            self._open(before, self._named)
            raise

    def _open(self, image: bytes, name: str | None = None) -> None:
        self._device = self._stack.enter_context(self._connect(image))
        self._learner = None if self._learns is None else self._learns(self._device, name)
        self._named = name
        self._begin(self._device, self._sampler)
        self._usage = Usage(self._device.host)
        say(f"{self._device.program.meta.name}; /help tells what can be said")


def converse(conversation: Conversation, lines: Callable[[], str]) -> int:
    """Take ``lines()``, one after another, until ``EOFError`` or /quit. The exit code. What is wrong with a line is told, and the next one
    follows, unless nobody is there to write another."""
    while True:
        try:
            if not conversation.take(lines()):
                return 0
        except EOFError:
            return 0
        except (ValueError, OSError) as error:
            if isinstance(error, BrokenPipeError) or not sys.stdin.isatty():
                raise
            say(f"error: {printable(sentence(error), limit=1000)}")
