"""What a board that learns has to do beside the rule, which learns the same on this computer (polychron/learning)."""

from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ...integer.layer import Int16
from ...integer.network import Network
from ...integer.symbols import Symbols


class Learned(NamedTuple):
    """``network``: with the board's tables, as they were read back; ``writes``: what it counted, all of them and those that a limit held;
    ``figures``: of the board, for ``--json``."""

    network: Network
    writes: tuple[int, int]
    figures: dict[str, Any]


class Beside(Protocol):
    """A board whose output tables learn, an entry changed by ``step`` at a time."""

    step: int

    def begin_text(self, network: Network, *, name: str, seed: int) -> None:
        """Load ``network``, which will learn from the symbols that it draws; ``seed``: of its generator."""

    def begin_classes(self, network: Network, *, name: str, margin: int) -> None:
        """Load ``network``, which will learn wherever the class is not ahead by ``margin``."""

    def read(self, symbols: Symbols) -> None:
        """The next (any,) symbols of the text."""

    def teach(self, x: Int16, labels: Symbols) -> None:
        """(samples, inputs) latencies and their (samples,) classes."""

    def end(self) -> Learned:
        """Read the tables back."""


class Settled(NamedTuple):
    """``network``: what was learned, that of the rule where the board's is the same, else the board's; ``equal``: whether it is;
    ``figures``: for ``--json``, the board's under ``board``."""

    network: Network
    equal: bool
    figures: dict[str, Any]


def settle(beside: Beside | None, due: Network, counts: npt.NDArray[np.int64]) -> Settled:
    """The end of learning: the board's tables are compared with those of ``due``, the rule's, and its writes with the ``counts`` of the
    rule; it is said what was found."""
    if beside is None:
        return Settled(due, True, {})
    network, (writes, held), figures = beside.end()
    wrong = difference(network, due) or miscounted((writes, held), (int(counts[0]), int(counts[1])))
    print(f"board: {wrong or 'every entry of its output tables is as the rule has it'}")
    print(f"board: {writes:,} entries written, {held:,} of them held at a limit")
    figures |= {"equal": not wrong, "writes": writes, "held_at_limit": held}
    return Settled(network if wrong else due, not wrong, {"board": figures})


def miscounted(found: tuple[int, int], due: tuple[int, int]) -> str:
    """What of ``found``, a board's writes and those of them that a limit held, isn't as ``due``, the rule's; empty where both are."""
    for name, counted, wanted in zip(("writes", "writes held at a limit"), found, due, strict=True):
        if counted != wanted:
            return f"it counted {counted} {name}, and the rule {wanted}"
    return ""


def difference(found: Network, due: Network) -> str:
    """Where the output tables of ``found``, a board's, first differ from those of ``due``, the rule's; empty where they are the same."""
    number = 0
    for mine, other in zip(found.output.groups, due.output.groups, strict=True):
        places = (mine.tables != other.tables).nonzero()
        if len(places[0]):
            table, row, column = (int(axis[0]) for axis in places)
            entry, wanted = mine.tables[table, row, column], other.tables[table, row, column]
            return f"output table {number + table}, row {row}, column {column} is {entry} on the board and {wanted} by the rule"
        number += mine.n_t
    return ""
