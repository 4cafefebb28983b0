"""The self-test of a board: every op of a network on vectors, each latency compared with golden."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmware.description import Work
from firmware.host.device import Device
from firmware.image.image import sampler_image, store_image
from firmware.program import Program
from golden.integer.latencies import LatencyNetwork
from golden.integer.layer import Int16
from golden.integer.network import Network
from sim.compare.compare import find_difference
from sim.compare.expected import Given, Golden, Write

from .parts import program_image, up_to
from .readback import Readback
from .tables import Tables

INPUTS = 4096  # latencies of a deep network's vectors are drawn from -INPUTS..INPUTS


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``compared``: latencies and symbols equal to golden's; ``table_bytes``: bytes of tables on chip that are as they were loaded;
    ``difference``: a sentence about the first that is not, or None."""

    compared: int
    table_bytes: int = 0
    difference: str | None = None

    @property
    def equal(self) -> bool:
        return self.difference is None

    def __str__(self) -> str:
        if self.difference:
            return f"DIFFERENT: {self.difference}"
        return f"equal to the golden model, {self.compared:,} latencies and symbols, {self.table_bytes:,} bytes of tables"

    @property
    def figures(self) -> dict[str, Any]:
        """For ``--json`` (docs/user/json.md)."""
        return {"equal": self.equal, "difference": self.difference, "compared": self.compared, "table_bytes": self.table_bytes}


class SelfTest:
    """``network`` on the board behind ``device``, which has loaded ``program``, the network's.

    A vector is one step: a symbol, which goes on from the vectors before it, or inputs. They are drawn from ``seed``.
    Each op is tested by itself: the step ends behind it, so that nothing overwrites what it has written. Then all tables on chip are read.
    """

    def __init__(self, device: Device, network: Network, program: Program, *, vectors: int, seed: int) -> None:
        self._device, self._network, self._program = device, network, program
        rng = np.random.default_rng(seed)
        self._vectors: list[Given]
        if isinstance(network, LatencyNetwork):
            self._vectors = list(rng.integers(-INPUTS, INPUTS + 1, (vectors, network.n_in)).astype(np.int16))
        else:
            self._vectors = rng.integers(network.n_in, size=vectors).tolist()
        writes = Golden(network, program).step(self._vectors[0])
        self._ops = sorted(writes, key=lambda write: write.stage.work is Work.OUTPUT)
        self._memory = Readback(device.host, program)
        self._tables = Tables(self._memory, program)
        self.steps = len(writes) * vectors + self._tables.steps

    def run(self, *, progress: Callable[[int], None] = lambda done: None) -> Outcome:
        """Test all ops, the output last, and the tables, until something differs; ``progress`` is told how many of the ``steps`` are done.

        The board keeps the tables and loses the program: whoever uses it next must load the network again.
        """
        compared = 0
        for number, op in enumerate(self._ops):
            golden = self._begin(op)
            for step, given in enumerate(self._vectors):
                outcome = self._step(golden, given, op, step)
                compared += outcome.compared
                if outcome.difference:
                    return Outcome(compared=compared, difference=outcome.difference)
                progress(number * len(self._vectors) + step + 1)
        done = len(self._ops) * len(self._vectors)
        damage = self._tables.damage(progress=lambda sums: progress(done + sums))
        return Outcome(compared=compared, table_bytes=0 if damage else self._tables.size, difference=damage)

    def _begin(self, op: Write) -> Golden:
        """The core and golden in the state of the start."""
        program, whole = self._program, op.stage.work is Work.OUTPUT  # a text's output is made of what the step before has left
        runs = program.runs if whole else up_to(program.runs, op.run)
        self._device.host.load(program_image(runs, width=program.width))
        self._device.host.load(sampler_image(program.sampling, width=program.width))
        self._device.reset()
        return Golden(self._network, program)

    def _step(self, golden: Golden, given: Given, op: Write, step: int) -> Outcome:
        due = next(write for write in golden.step(given) if write.run == op.run)
        if isinstance(given, np.ndarray):
            store = self._program.store.copy()
            addresses, values = golden.inputs(given)
            store[addresses] = values
            first, last = int(addresses.min()), int(addresses.max())  # of a signal network the state lies before them, and stays
            self._device.host.load(store_image(store[first : last + 1], width=self._program.width, address=first))
            chosen = self._device.host.step(1)[0]
        else:
            chosen = self._device.host.feed([int(given or 0)])[0]
        got = self._read(due)
        found = find_difference(self._network, self._program, due, got=got, step=step, memory=self._memory)
        said, chooses = str(found) if found else None, op.stage.work is Work.OUTPUT
        if found is None and chooses and chosen != golden.symbol:
            said = f"step {step}, op {op.stage}: the core chose symbol {chosen}, golden {golden.symbol}"
        equal = int(np.count_nonzero(got == due.values)) + (chooses and chosen == golden.symbol)
        return Outcome(compared=equal, difference=said)

    def _read(self, write: Write) -> Int16:
        first, last = int(write.addresses.min()), int(write.addresses.max())
        latencies = np.array(self._device.host.store(first, last - first + 1), np.int16)
        return latencies[write.addresses - first]
