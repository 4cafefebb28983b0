"""What golden says the core must write: every latency of every write-back of a step, at the addresses the compiler chose."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware.program import Program
from golden.integer.attention import TransformerState
from golden.integer.forward import deep_forward, rnn_outputs, rnn_update
from golden.integer.network import Int16, Network
from golden.integer.sampling import Sampler
from golden.integer.transformer import TransformerNetwork

__all__ = ["Golden", "Write"]

Addresses = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write-back: the run that makes it, its stage's name, the latencies it was made from, and what it must leave in the store.

    ``neurons``, ``addresses``, ``values``: one element a latency. ``index``: the symbol that a token run takes, or None. ``rows``: of
    attention, (distances, tables of the block) the rows that are added, or None.
    """

    run: int
    stage: str
    source: Int16
    neurons: npt.NDArray[np.intp]
    addresses: Addresses
    values: Int16
    index: int | None = None
    rows: npt.NDArray[np.int32] | None = None


class Golden:
    """The golden model beside a program: one :meth:`step` for each of the core's.

    ``sampler`` chooses the symbols; the core must have been loaded with the same seed, k and jitter.
    """

    def __init__(self, network: Network, program: Program, *, sampler: Sampler | None = None) -> None:
        self.network = network
        self.program = program
        self.sampler = sampler or Sampler(seed=program.seed, k=program.k)
        place = program.meta["placement"]
        copies: list[list[int]] = place["neurons"]
        self._state = _places(enumerate(copies))
        self._output = _places((neuron, [place["output"] + neuron]) for neuron in range(network.n_out))
        self._writes = [(number, place["runs"][number]["stage"]) for number, run in enumerate(program.runs) if run.last]
        self.state: Int16 = np.zeros((1, network.n), np.int16)
        self.symbol = 0
        self._stream = TransformerState(network) if isinstance(network, TransformerNetwork) else None

    def inputs(self, x: Int16) -> tuple[Addresses, Int16]:
        """What is written to the store before a step of a deep network with inputs ``x`` (n - n_ref,): addresses and latencies."""
        state = np.concatenate([x, self.network.constants]).astype(np.int16)
        neurons, addresses = self._state
        return addresses, state[neurons]

    def step(self, given: int | Int16 | None = None) -> list[Write]:
        """The write-backs of one step, in the program's order. ``given``: inputs of a deep network; else the forced symbol or None."""
        network = self.network
        if network.kind == "deep":
            if not isinstance(given, np.ndarray):
                raise ValueError("a deep network's step needs its inputs")
            states = deep_forward(network, given[None]).states
            self.symbol = self.sampler.choose(states[-1][0])
            return [
                self._write(number, stage, source=states[i][0], result=states[i + 1][0]) for i, (number, stage) in enumerate(self._writes)
            ]
        if isinstance(given, np.ndarray):
            raise ValueError("a text network's step takes a symbol or None")
        if self._stream is not None:
            return self._attend(self._stream, given)
        before = self.state
        outputs, _ = rnn_outputs(network, before)
        self.symbol = self.sampler.choose(outputs[0])
        taken = self.symbol if given is None else given
        self.state, _ = rnn_update(network, before, np.array([taken]))
        (first, output), (second, update) = self._writes
        return [
            self._write(first, output, source=before[0], result=outputs[0]),
            self._write(second, update, source=before[0], result=self.state[0], index=taken),
        ]

    def _attend(self, stream: TransformerState, given: int | None) -> list[Write]:
        """A transformer's step: all parts of a block are made from what its first one found."""
        before = stream.z[0]
        outputs = stream.outputs()
        self.symbol = self.sampler.choose(outputs)
        taken = self.symbol if given is None else given
        stream.update(taken)
        (number, stage), *others = self._writes
        made = [self._write(number, stage, source=before, result=outputs)]
        source = latest = before
        for (number, stage), state in zip(others, stream.states, strict=True):
            _, *block = stage.split(".")
            attends = block[1:2] == ["part"]
            if not attends or block[2] == "0":
                source = latest
            rows = stream.rows[int(block[0])] if attends else None
            made.append(self._write(number, stage, source=source, result=state, index=None if block else taken, rows=rows))
            latest = state
        return made

    def _write(
        self,
        run: int,
        stage: str,
        *,
        source: Int16,
        result: Int16,
        index: int | None = None,
        rows: npt.NDArray[np.int32] | None = None,
    ) -> Write:
        neurons, addresses = self._output if stage == "output" else self._state
        return Write(
            run=run,
            stage=stage,
            source=source,
            neurons=neurons,
            addresses=addresses,
            values=result[neurons],
            index=index,
            rows=rows,
        )


def _places(items: Iterable[tuple[int, list[int]]]) -> tuple[npt.NDArray[np.intp], Addresses]:
    pairs = [(neuron, address) for neuron, addresses in items for address in addresses]
    return np.array([neuron for neuron, _ in pairs], np.intp), np.array([address for _, address in pairs], np.intp)
