"""A completion taken apart: of each of its symbols the rows that the output tables gave, and what each of them voted."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ....compiled.reads import reads
from ....integer.forward import earliest, indices
from ....integer.layer import Int16, Layer, NetworkError
from ....integer.network import TextNetwork
from ....integer.symbols import encode
from ....programs.answers import PRIMER

OUTPUT = "output"
LATEST = 1 << 16  # later than any latency


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Bit of an index: whether neuron ``a`` spikes later than neuron ``b``; their ``latencies``."""

    a: int
    b: int
    latencies: tuple[int, int]

    @property
    def later(self) -> bool:
        return self.latencies[0] > self.latencies[1]


@dataclass(frozen=True, kw_only=True)
class Vote:
    """``row`` of output ``table``, ``number`` among the rows of all tables; what it adds to the latency of the symbol, ``own``, and of the
    runner-up, ``other``. The comparisons that picked it, of index bit 0 first.
    """

    table: int
    row: int
    number: int
    own: int
    other: int
    comparisons: tuple[Comparison, ...]

    @property
    def margin(self) -> int:
        """By how much it brings the symbol before the runner-up."""
        return self.other - self.own

    @property
    def weight(self) -> int:
        """How much sharing its row counts: whichever of the two it is for."""
        return abs(self.margin)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A symbol of a completion and the earliest other one, the runner-up, as bytes (-1: unknown), with their latencies; ``shift``: of the
    sum of all votes at write-back. ``numbers``: the columns of both.
    """

    token: int
    other: int
    latency: int
    other_latency: int
    shift: int
    numbers: tuple[int, int]
    votes: tuple[Vote, ...]


def choices(network: TextNetwork, names: tuple[int, ...], prompt: bytes, completion: bytes) -> list[Choice]:
    """Of each symbol of ``completion``, written after the primer and ``prompt``. Rows are those of the compiled loops, latencies those of
    the golden model; the votes of each symbol add up to its latency, or it is a ``NetworkError`` that names the table.
    """
    symbols = encode(names, PRIMER + prompt + completion)
    first = len(PRIMER + prompt)
    rows = np.concatenate([read.rows for read in reads(network, symbols) if read.layer == OUTPUT])
    state, found = network.start(), []
    for at, symbol in enumerate(symbols.tolist()):
        if at >= first:
            outputs, latencies = state.outputs(), state.latencies
            others = np.where(np.arange(network.n_out) == symbol, LATEST, outputs.astype(np.int32))
            pair = (symbol, int(earliest(others[None])[0]))
            votes = tuple(votes_of(network.output, latencies, rows[at], pair))
            wrong = difference(votes, network.output, latencies, pair, outputs)
            if wrong:
                raise NetworkError(f"symbol {at - first} of the completion: {wrong}")
            tokens, times = [names[one] for one in pair], outputs[list(pair)].tolist()
            found.append(
                Choice(
                    token=tokens[0],
                    other=tokens[1],
                    latency=times[0],
                    other_latency=times[1],
                    shift=network.output.shift,
                    numbers=pair,
                    votes=votes,
                )
            )
        state.update(symbol)
    return found


def votes_of(output: Layer, latencies: Int16, rows: npt.NDArray[np.int32], pair: tuple[int, int]) -> Iterator[Vote]:
    """What ``rows`` (n_t,) of ``output``, numbered through all tables, add to both columns of ``pair``."""
    table = first = 0
    for group in output.groups:
        for anchors, entries in zip(group.anchors, group.tables, strict=True):
            row = int(rows[table]) - first
            own, other = (int(entries[row, column]) for column in pair)
            seen = tuple(Comparison(a=a, b=b, latencies=(int(latencies[a]), int(latencies[b]))) for a, b in anchors.tolist())
            yield Vote(table=table, row=row, number=int(rows[table]), own=own, other=other, comparisons=seen)
            table, first = table + 1, first + len(entries)


def difference(
    votes: tuple[Vote, ...], output: Layer, latencies: Int16, pair: tuple[int, int], outputs: npt.NDArray[np.int16]
) -> str | None:
    """None where the votes add up to the golden model's ``outputs`` (n_out,), else a sentence that names the first table of ``output``
    whose row or entries are others.
    """
    sums = np.array([sum(vote.own for vote in votes), sum(vote.other for vote in votes)]) << output.shift
    if np.array_equal(np.clip(sums, -32768, 32767), outputs[list(pair)]):
        return None
    at = 0
    for group in output.groups:
        for row, entries in zip(indices(group.anchors, latencies[None])[0].tolist(), group.tables, strict=True):
            vote, wanted = votes[at], [int(entries[row, column]) for column in pair]
            if vote.row != row:
                return f"output table {at} gave row {vote.row}, the model's row is {row}"
            if [vote.own, vote.other] != wanted:
                return (
                    f"output table {at}, row {row}, votes {vote.own} and {vote.other}, the model's entries are {wanted[0]} and {wanted[1]}"
                )
            at += 1
    return f"the votes add up to {sums.tolist()}, the model has {outputs[list(pair)].tolist()}"
