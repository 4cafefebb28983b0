"""A trained network and how it is compiled for a board."""

from dataclasses import dataclass
from pathlib import Path

import boards
from boards import Board, FlashMode
from firmware.compiler import compile_network
from golden.integer.file import load as load_file
from golden.integer.shipped import find_network, shipped_networks

from .program import Program
from .system.progress import under_way
from .trained import Trained


@dataclass(frozen=True, kw_only=True)
class Network(Trained):
    """A network of integers, as it runs on the core bit for bit; to be compiled for a board."""

    def compile(
        self, *, board: str | Board = "icebreaker", flash: FlashMode | None = None, temperature: float = 0.0, k: int = 0, seed: int = 1
    ) -> Program:
        """The program for a board, by its name or its record.

        ``flash``: how much of the tables in flash is read each clock (docs/user/big-tables.md), left out: as the board's record says.
        ``temperature``, ``k``, ``seed``: how symbols are drawn; temperature 0 takes the earliest spike. Raises ``ValueError`` with one
        sentence where the network can't run there.
        """
        record = boards.flash_mode(boards.get(board) if isinstance(board, str) else board, flash)
        with under_way(f"compiling {self.name}"):
            code = compile_network(self.integer, record, name=self.name, seed=seed, k=k, temperature=temperature)
        return Program(network=self, board=record, code=code, temperature=temperature)


def load(network: Path | str) -> Network:
    """A network file, or one of the networks that ship (:func:`networks`)."""
    path = find_network(network)
    return Network(integer=load_file(path), name=path.stem, path=path)


def networks() -> list[str]:
    """The names of the networks that ship."""
    return shipped_networks()
