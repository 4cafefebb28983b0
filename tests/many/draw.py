"""The network of a number: drawn, compiled for one of the builds, and what its steps are given. All of it follows from seed and number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from boards import Board
from firmware.compiler import CompileError, compile_network
from firmware.jitter import JitterError
from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.network import Network
from tests.firmware.networks import random_network, random_text_network
from tests.firmware.transformers import lean_anchors, random_transformer

from .builds import Build

Maker = Callable[[int], Network]
SMALL: dict[str, Maker] = {
    "deep": partial(random_network, kind="deep"),
    "rnn": partial(random_network, kind="rnn"),
    "signal": partial(random_network, kind="signal"),
    "text": random_text_network,
    "transformer": random_transformer,
}
LARGE: dict[str, Maker] = {kind: partial(random_network, kind=kind, max_n=200, max_out=60) for kind in ("deep", "rnn", "signal")}
KINDS = tuple(SMALL)
RING = 32  # positions that a transformer's cache holds
REST = 63  # clocks from a step's symbol to the next request, as long as the cycle model's core rests


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a step is given: latencies, a forced symbol, or None. ``restart``: a new signal begins with it."""

    what: int | Int16 | None
    restart: bool = False


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """``program`` is compiled of ``network`` for ``build``; ``steps`` are taken back to back, or with ``rested`` each after a rest.

    ``wait``: clocks before the first; ``pads``: picoseconds to a chip beside the FPGA, of its clock beside that, and back; ``chip``: seeds
    how it is found. ``refused``: networks drawn before for which the build has no room.
    """

    seed: int
    number: int
    kind: str
    build: Build
    network: Network
    program: Program
    steps: tuple[Given, ...]
    rested: bool
    wait: int
    pads: tuple[int, int, int]
    chip: int
    refused: int

    def __str__(self) -> str:
        return f"seed {self.seed}, network {self.number} ({self.kind} on {self.build.name})"


def draw(seed: int, number: int, builds: Sequence[Build]) -> Drawn:
    """Kinds take turns, and behind them the builds."""
    kind, build = KINDS[number % len(KINDS)], builds[number // len(KINDS) % len(builds)]
    rng, refused = np.random.default_rng([seed, number]), 0
    while (made := _compiled(rng, kind, build.board)) is None:
        refused += 1
    network, program = made
    rested = kind in ("deep", "signal") or rng.random() < 0.25
    count = int(rng.integers(RING + 2, RING + 9)) if kind == "transformer" and rng.random() < 0.25 else int(rng.integers(4, 13))
    return Drawn(
        seed=seed,
        number=number,
        kind=kind,
        build=build,
        network=network,
        program=program,
        steps=tuple(_given(rng, network) for _ in range(count)),
        rested=rested,
        wait=64 + int(rng.integers(2)),
        pads=(int(rng.integers(1_000, 8_000)), int(rng.integers(-1_000, 1_000)), int(rng.integers(1_200, 7_000))),
        chip=int(rng.integers(1, 1 << 20)),
        refused=refused,
    )


def _compiled(rng: np.random.Generator, kind: str, board: Board) -> tuple[Network, Program] | None:
    """A network, with a random part of it on chip where there is more than that; None where there is no room for it."""
    makers = LARGE if kind in LARGE and rng.random() < 0.25 else SMALL
    network = makers[kind](int(rng.integers(1 << 30)))
    sampler = {"seed": int(rng.integers(1, 1 << 32)), "k": int(rng.integers(9)) if rng.random() < 0.5 else 0}
    temperature = float(rng.choice([0, 0.3, 0.7, 1, 2]))
    if kind == "transformer" and rng.random() < 0.5:
        words = _anchor_words(rng, network, board)
        board = replace(board, anchor_words=min(words, board.anchor_words))
    for placed in _spread(rng, network, board):
        try:
            return network, compile_network(network, placed, temperature=temperature, **sampler)
        except JitterError:
            return network, compile_network(network, placed, **sampler)
        except CompileError:
            continue
    return None


def _anchor_words(rng: np.random.Generator, network: Network, board: Board) -> int:
    """Words of an anchor memory into which blocks are copied, some or all of them."""
    try:
        program = compile_network(network, replace(board, tiers=board.tiers[:1]))
    except CompileError:
        return board.anchor_words
    least = lean_anchors(program)
    return int(rng.integers(least, max(least, len(program.anchors)) + 1))


def _spread(rng: np.random.Generator, network: Network, board: Board) -> list[Board]:
    """``board`` with less memory on chip, then with more and more of it."""
    if len(board.tiers) == 1:
        return [board]
    near, far = board.tiers
    size, found = max(64, int(rng.random() * network.table_bytes()) // 64 * 64), []
    if far.kind == "qspi":
        far = replace(far, base=far.base + 8 * int(rng.integers(1000)))
    while size < near.size:
        found.append(replace(board, tiers=(replace(near, size=size), far)))
        size *= 2
    return [*found, replace(board, tiers=(near, far))]


def _given(rng: np.random.Generator, network: Network) -> Given:
    if network.kind in ("deep", "signal"):
        spread = int(rng.choice([3, 300, 32768]))
        restart = network.kind == "signal" and rng.random() < 0.2
        return Given(what=rng.integers(-spread, spread, network.n_in).astype(np.int16), restart=restart)
    return Given(what=int(rng.integers(network.n_out)) if rng.random() < 0.5 else None)
