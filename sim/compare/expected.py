"""What golden says the core must write: every latency of every write-back of a step, at the addresses the compiler chose."""

from collections.abc import Callable, Iterable
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
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.sampling import Jitter, Sampler
from golden.integer.signal import SignalNetwork
from golden.integer.transformer import TransformerNetwork

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


Step = Callable[[Given, list[StageId]], tuple[int, list[Made]]]
"""A network's next step: of what is given (:meth:`Golden.step`) and the stages that write back, to the symbol chosen and what each made."""


@singledispatch
def steps_of(network: Network, sampler: Sampler) -> Step:
    """The steps of ``network``, whose symbols ``sampler`` chooses; an architecture registers its own."""
    raise TypeError(f"{type(network).__name__} has no steps to compare with")


@steps_of.register
def _deep(network: DeepNetwork, sampler: Sampler) -> Step:
    def step(given: Given, stages: list[StageId]) -> tuple[int, list[Made]]:
        if not isinstance(given, np.ndarray):
            raise ValueError("a deep network's step needs its inputs")
        states = [state[0] for state in deep_forward(network, given[None]).states]
        return sampler.choose(states[-1]), [Made(source=before, result=after) for before, after in pairwise(states)]

    return step


def _write_text(state: TextState, given: Given, sampler: Sampler) -> tuple[int, int, Int16]:
    """The symbol that the outputs lead to, the one that the state has taken (that, or the forced one), and the outputs."""
    if isinstance(given, np.ndarray):
        raise ValueError("a text network's step takes a symbol or None")
    outputs = state.outputs()
    symbol = sampler.choose(outputs)
    taken = symbol if given is None else given
    state.update(taken)
    return symbol, taken, outputs


@steps_of.register
def _recurrent(network: RecurrentNetwork, sampler: Sampler) -> Step:
    state = network.start()

    def step(given: Given, stages: list[StageId]) -> tuple[int, list[Made]]:
        before = state.latencies
        symbol, taken, outputs = _write_text(state, given, sampler)
        return symbol, [Made(source=before, result=outputs), Made(source=before, result=state.latencies, index=taken)]

    return step


@steps_of.register
def _signal(network: SignalNetwork, sampler: Sampler) -> Step:
    state = network.start()

    def step(given: Given, stages: list[StageId]) -> tuple[int, list[Made]]:
        if not isinstance(given, np.ndarray):
            raise ValueError("a signal network's step needs its inputs")
        before = np.concatenate([state.latencies[0, : network.n_carried], network.given(given[None])[0]])
        outputs = state.step(given[None])[0]
        after = state.latencies[0]
        return sampler.choose(outputs), [Made(source=before, result=after), Made(source=after, result=outputs)]

    return step


@steps_of.register
def _transformer(network: TransformerNetwork, sampler: Sampler) -> Step:
    state = network.start()

    def step(given: Given, stages: list[StageId]) -> tuple[int, list[Made]]:
        """All parts of a block are made from what its first one found."""
        source = latest = state.latencies
        symbol, taken, outputs = _write_text(state, given, sampler)
        made = [Made(source=source, result=outputs)]
        for stage, result in zip(stages[1:], state.states, strict=True):
            attends = stage.work is Work.PART
            if not attends or stage.part == 0:
                source = latest
            rows = state.rows[stage.number] if attends and stage.number is not None else None
            made.append(Made(source=source, result=result, index=taken if stage.work is Work.EMBED else None, rows=rows))
            latest = result
        return symbol, made

    return step


class Golden:
    """The golden model beside a program: one :meth:`step` for each of the core's.

    ``sampler`` chooses the symbols; the core must have been loaded with the same seed, k and jitter. Left out: as the program says.
    ``symbol``: what the last step chose.
    """

    def __init__(self, network: Network, program: Program, *, sampler: Sampler | None = None) -> None:
        self.network = network
        self.program = program
        self.symbol = 0
        self._sampler = sampler or sampler_of(program.sampling)
        self.restart()
        place = program.meta.placement
        self._state = _places(enumerate(place.neurons[: network.n_written]))
        self._neurons = _places(enumerate(place.neurons))
        self._output = _places((neuron, (place.output + neuron,)) for neuron in range(network.n_out))
        self._writes = [(number, place.runs[number].stage) for number, run in enumerate(program.runs) if run.last]

    def restart(self) -> None:
        """The state of the start; the sampler goes on."""
        self._step = steps_of(self.network, self._sampler)

    def start(self) -> tuple[Addresses, Int16]:
        """Addresses and latencies of the state of the start."""
        addresses = self._state[1]
        return addresses, self.program.store[addresses]

    def inputs(self, x: Int16) -> tuple[Addresses, Int16]:
        """What is written to the store before a step that is given inputs ``x`` (n_in,): addresses and latencies."""
        given = np.concatenate([x, self.network.reference_latencies()]).astype(np.int16)
        first = self.network.n - len(given)
        neurons, addresses = self._neurons
        chosen = neurons >= first
        return addresses[chosen], given[neurons[chosen] - first]

    def step(self, given: Given = None) -> list[Write]:
        """The write-backs of one step, in the program's order. ``given``: inputs of a network that takes them; else the forced symbol or
        None."""
        self.symbol, made = self._step(given, [stage for _, stage in self._writes])
        writes = []
        for (run, stage), one in zip(self._writes, made, strict=True):
            neurons, addresses = self._output if stage.work is Work.OUTPUT else self._state
            writes.append(Write(run=run, stage=stage, made=one, neurons=neurons, addresses=addresses))
        return writes


def _places(items: Iterable[tuple[int, tuple[int, ...]]]) -> tuple[npt.NDArray[np.intp], Addresses]:
    pairs = [(neuron, address) for neuron, addresses in items for address in addresses]
    neurons, addresses = np.array(pairs, np.intp).reshape(-1, 2).T
    return neurons, addresses
