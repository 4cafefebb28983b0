"""What golden says the core must write: every latency of every write-back of a step, at the addresses the compiler chose."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatch
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from firmware.description import StageId, Work
from firmware.program import Program
from firmware.sampling import Sampling
from golden.integer.deep import DeepNetwork, deep_forward
from golden.integer.layer import Int16
from golden.integer.network import Network, TextState
from golden.integer.recurrent import RecurrentNetwork, RecurrentState
from golden.integer.sampling import Jitter, Sampler
from golden.integer.transformer import TransformerNetwork, TransformerState

Addresses = npt.NDArray[np.intp]
Given = int | Int16 | None


def sampler_of(sampling: Sampling) -> Sampler:
    """Golden's sampler, set as a core that was loaded with ``sampling``."""
    jitter = None
    if sampling.jittered:
        if sampling.jitter is None:
            raise ValueError("the program draws with jitter, and has no jitter table")
        jitter = Jitter(table=sampling.jitter, mask=sampling.mask)
    return Sampler(seed=sampling.seed, jitter=jitter, k=sampling.k)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a stage has made: ``result`` (n,) from ``source`` (n,). ``index``: the symbol that a token run takes, or None. ``rows``: of
    attention, (distances, tables of the block) the rows that are added, or None."""

    source: Int16
    result: Int16
    index: int | None = None
    rows: npt.NDArray[np.int32] | None = None


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write-back: the run that makes it, its stage, what the stage has ``made``, and what that must leave in the store.

    ``neurons``, ``addresses``, ``values``: one element a latency.
    """

    run: int
    stage: StageId
    made: Made
    neurons: npt.NDArray[np.intp]
    addresses: Addresses

    @property
    def values(self) -> Int16:
        return self.made.result[self.neurons]


class Steps(ABC):
    """The steps of one architecture. ``symbol``: what ``sampler`` chose in the last one."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.symbol = 0

    @abstractmethod
    def step(self, given: Given, stages: list[StageId]) -> list[Made]:
        """What each of ``stages``, those that write back, makes in the next step. ``given``: as in :meth:`Golden.step`."""


class DeepSteps(Steps):
    def __init__(self, network: DeepNetwork, sampler: Sampler) -> None:
        super().__init__(sampler)
        self.network = network

    def step(self, given: Given, stages: list[StageId]) -> list[Made]:
        if not isinstance(given, np.ndarray):
            raise ValueError("a deep network's step needs its inputs")
        states = [state[0] for state in deep_forward(self.network, given[None]).states]
        self.symbol = self.sampler.choose(states[-1])
        return [Made(source=before, result=after) for before, after in pairwise(states)]


class TextSteps(Steps):
    """The output first, then the rest with the symbol it led to, or the forced one."""

    state: TextState

    def step(self, given: Given, stages: list[StageId]) -> list[Made]:
        if isinstance(given, np.ndarray):
            raise ValueError("a text network's step takes a symbol or None")
        before = self.latencies
        outputs = self.state.outputs()
        self.symbol = self.sampler.choose(outputs)
        taken = self.symbol if given is None else given
        self.state.update(taken)
        return [Made(source=before, result=outputs), *self.rest(before, taken, stages[1:])]

    @property
    @abstractmethod
    def latencies(self) -> Int16:
        """(n,) as they stand now."""

    @abstractmethod
    def rest(self, before: Int16, taken: int, stages: list[StageId]) -> list[Made]:
        """What the stages after the output have made of the latencies ``before`` and the symbol ``taken``."""


class RecurrentSteps(TextSteps):
    state: RecurrentState

    def __init__(self, network: RecurrentNetwork, sampler: Sampler) -> None:
        super().__init__(sampler)
        self.state = network.start()

    @property
    def latencies(self) -> Int16:
        return self.state.h

    def rest(self, before: Int16, taken: int, stages: list[StageId]) -> list[Made]:
        return [Made(source=before, result=self.state.h, index=taken)]


class TransformerSteps(TextSteps):
    state: TransformerState

    def __init__(self, network: TransformerNetwork, sampler: Sampler) -> None:
        super().__init__(sampler)
        self.state = network.start()

    @property
    def latencies(self) -> Int16:
        return self.state.z[0]

    def rest(self, before: Int16, taken: int, stages: list[StageId]) -> list[Made]:
        """All parts of a block are made from what its first one found."""
        made = []
        source = latest = before
        for stage, result in zip(stages, self.state.states, strict=True):
            attends = stage.work is Work.PART
            if not attends or stage.part == 0:
                source = latest
            rows = self.state.rows[stage.number] if attends and stage.number is not None else None
            made.append(Made(source=source, result=result, index=taken if stage.work is Work.EMBED else None, rows=rows))
            latest = result
        return made


@singledispatch
def steps_of(network: Network, sampler: Sampler) -> Steps:
    """The steps of ``network``; an architecture registers its own."""
    raise TypeError(f"{type(network).__name__} has no steps to compare with")


steps_of.register(DeepNetwork, DeepSteps)
steps_of.register(RecurrentNetwork, RecurrentSteps)
steps_of.register(TransformerNetwork, TransformerSteps)


class Golden:
    """The golden model beside a program: one :meth:`step` for each of the core's.

    ``sampler`` chooses the symbols; the core must have been loaded with the same seed, k and jitter. Left out: as the program says.
    """

    def __init__(self, network: Network, program: Program, *, sampler: Sampler | None = None) -> None:
        self.network = network
        self.program = program
        self._steps = steps_of(network, sampler or sampler_of(program.sampling))
        place = program.meta.placement
        self._state = _places(enumerate(place.neurons))
        self._output = _places((neuron, (place.output + neuron,)) for neuron in range(network.n_out))
        self._writes = [(number, place.runs[number].stage) for number, run in enumerate(program.runs) if run.last]

    @property
    def symbol(self) -> int:
        """What the last step chose."""
        return self._steps.symbol

    def inputs(self, x: Int16) -> tuple[Addresses, Int16]:
        """What is written to the store before a step of a deep network with inputs ``x`` (n - n_ref,): addresses and latencies."""
        state = np.concatenate([x, self.network.reference_latencies()]).astype(np.int16)
        neurons, addresses = self._state
        return addresses, state[neurons]

    def step(self, given: Given = None) -> list[Write]:
        """The write-backs of one step, in the program's order. ``given``: inputs of a deep network; else the forced symbol or None."""
        made = self._steps.step(given, [stage for _, stage in self._writes])
        return [self._write(run, stage, one) for (run, stage), one in zip(self._writes, made, strict=True)]

    def _write(self, run: int, stage: StageId, made: Made) -> Write:
        neurons, addresses = self._output if stage.work is Work.OUTPUT else self._state
        return Write(run=run, stage=stage, made=made, neurons=neurons, addresses=addresses)


def _places(items: Iterable[tuple[int, tuple[int, ...]]]) -> tuple[npt.NDArray[np.intp], Addresses]:
    pairs = [(neuron, address) for neuron, addresses in items for address in addresses]
    return np.array([neuron for neuron, _ in pairs], np.intp), np.array([address for _, address in pairs], np.intp)
