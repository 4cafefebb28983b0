"""What the model says of a page's first run: every latency of every write-back, and the symbols."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.network import Network
from golden.integer.symbols import encode, typed_bytes
from sim.compare.expected import Given, Golden


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """``given``: of each step the forced symbol, -1 where the network goes on by itself, or nothing of a classifier, whose inputs ``x``
    (steps, n_in) are. ``symbols`` (steps,): chosen. ``latencies``: of all steps' write-backs one after another, each in the order of
    the addresses that the page knows."""

    given: tuple[int, ...]
    x: Int16
    symbols: tuple[int, ...]
    latencies: Int16

    @property
    def steps(self) -> int:
        return len(self.symbols)


def text_vectors(network: Network, program: Program, *, prompt: str, length: int) -> Vectors:
    """Of the prompt's symbols, then ``length`` of the network's own; a prompt without a symbol is a ``NetworkError``."""
    forced = encode(network.byte_symbols() or (), typed_bytes(prompt)).tolist()
    symbols, latencies = _run(network, program, [*forced, *[None] * length])
    given = (*forced, *[-1] * length)
    return Vectors(given=given, x=np.zeros((0, 0), np.int16), symbols=symbols, latencies=latencies)


def class_vectors(network: Network, program: Program, x: Int16) -> Vectors:
    """Of the inputs ``x`` (steps, n_in) of a classifier."""
    symbols, latencies = _run(network, program, list(x))
    return Vectors(given=(), x=x, symbols=symbols, latencies=latencies)


def _run(network: Network, program: Program, given: list[Given]) -> tuple[tuple[int, ...], Int16]:
    golden = Golden(network, program)
    symbols: list[int] = []
    found: list[npt.NDArray[np.int16]] = []
    for one in given:
        found += [write.values for write in golden.step(one)]
        symbols.append(golden.symbol)
    return tuple(symbols), np.concatenate(found) if found else np.zeros(0, np.int16)
