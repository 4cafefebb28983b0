"""Compares the latencies of a simulated core with golden's, write-back by write-back, and names the first that differs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from firmware.description import Work
from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.network import Network
from sim.compare.diagnose import Memory, find_table
from sim.compare.expected import Golden, Write


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The first latency that differs. ``op``: the stage (output, hidden.0, ...); ``table``: what is wrong with which table, or None if no
    single table explains it."""

    step: int
    op: str
    neuron: int
    address: int
    got: int
    expected: int
    others: int
    table: str | None

    def __str__(self) -> str:
        where = f"step {self.step}, op {self.op}, neuron {self.neuron} (store address {self.address})"
        text = f"{where}: {self.got}, golden says {self.expected}"
        if self.others:
            text += f"; {self.others} more neurons of the op differ"
        return text + (f"; {self.table}" if self.table else "; no single table explains it")


class Comparison:
    """Checks each write-back as it comes; ``difference`` is the first one found, ``compared`` the number of equal latencies so far,
    ``step`` the number of the step under way, ``outputs`` (n_out,) the core's latest output latencies.

    ``latencies()`` reads the whole store, (2048,), ``tables(tier, address, size)`` bytes of a tier.
    """

    def __init__(self, golden: Golden, *, latencies: Callable[[], Int16], tables: Callable[[int, int, int], bytes]) -> None:
        self.golden = golden
        self.difference: Difference | None = None
        self.compared = 0
        self.step = -1
        self.outputs: Int16 = np.zeros(golden.network.n_out, np.int16)
        self._latencies, self._tables = latencies, tables
        self._pending: list[Write] = []

    def begin(self, given: int | Int16 | None = None) -> None:
        """Computes the next step's latencies; ``given`` as in :meth:`sim.compare.expected.Golden.step`."""
        if self._pending and self.difference is None:
            raise RuntimeError(f"step {self.step} ended without the write-back of {self._pending[0].stage}")
        self.step += 1
        self._pending = self.golden.step(given)

    def written(self, run: int) -> None:
        """Compares the write-back that the core has just done; nothing is compared after the first difference."""
        if self.difference is not None:
            return
        write = self._pending.pop(0)
        if write.run != run:
            raise RuntimeError(f"run {run} wrote back where run {write.run} was due")
        got = self._latencies()[write.addresses]
        if write.stage.work is Work.OUTPUT:
            self.outputs[write.neurons] = got
        self.compared += int(np.count_nonzero(got == write.values))
        self.difference = find_difference(self.golden.network, self.golden.program, write, got=got, step=self.step, memory=self._tables)


def find_difference(network: Network, program: Program, write: Write, *, got: Int16, step: int, memory: Memory) -> Difference | None:
    """What the core left of a write-back, ``got``, beside what it must be; None if that is equal. ``memory``: as in :func:`find_table`."""
    wrong = np.flatnonzero(got != write.values)
    if len(wrong) == 0:
        return None
    first = int(wrong[write.neurons[wrong].argmin()])
    return Difference(
        step=step,
        op=str(write.stage),
        neuron=int(write.neurons[first]),
        address=int(write.addresses[first]),
        got=int(got[first]),
        expected=int(write.values[first]),
        others=len(np.unique(write.neurons[wrong])) - 1,
        table=find_table(network, program, write, got=got, memory=memory),
    )
