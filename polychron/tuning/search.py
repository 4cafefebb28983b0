"""The search itself: a sampler of Optuna's draws shapes, one after another or one for each worker, and the study keeps what they are
worth."""

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from boards import Board
from golden.tasks.tables.read import Samples
from golden.training.stop import StopRequest

from ..system.progress import bar
from .costs import Cost, Draft, cost_of_shape
from .options import TuneOptions
from .shapes import Shape, Space
from .trial import Outcome, Rival, try_shape
from .tried import Tried, frontier, trained

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial
    from tqdm import tqdm

DRAWS = 100
"""Shapes drawn in a row, each of them known, before a search ends because there is no new one."""

PERIOD = 0.2
"""Seconds between two looks at what ends a search."""

GONE = "the workers of Dask have gone; the study has all that they found, and the same call goes on with it"
DIED = "its training ended the workers that tried it, as one that takes too much memory does"


def same(samples: Samples) -> Samples:
    """What it is given."""
    return samples


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is searched for: a network for ``train``, of ``space``, on ``board``."""

    train: Samples
    space: Space
    inputs: Draft
    board: Board


@dataclass(frozen=True, kw_only=True)
class Workers:
    """``room`` for so many trials side by side, what runs them, ``train`` as they are given it, and ``stop``, which they look at if they
    can. ``end``: when the time is over, or None. ``fatal``: what a trial raises that ended its workers."""

    room: int
    executor: Executor
    train: Any
    stop: StopRequest | None
    end: float | None
    fatal: tuple[type[Exception], ...] = ()

    @classmethod
    def of(cls, client: Any, train: Samples, stop: StopRequest, end: float | None) -> Self:
        """Those that a client of Dask has now, or, of None, a thread of this process."""
        if client is None:
            return cls(room=1, executor=ThreadPoolExecutor(1), train=train, stop=stop, end=end)
        from dask import config
        from distributed import KilledWorker

        threads = sum(client.nthreads().values())
        if not threads:
            raise ValueError("the client of Dask has no workers")
        with config.set({"distributed.admin.large-graph-warning-threshold": "1 PiB"}):  # it is sent once
            given = client.submit(same, train, pure=False)  # a task, which Dask does again when the worker that has them is lost
        executor = client.get_executor(pure=False)
        return cls(room=threads, executor=executor, train=given, stop=None, end=end, fatal=(KilledWorker,))

    def submit(self, options: TuneOptions, shape: Shape, rivals: Sequence[Rival]) -> "Future[Outcome | None]":
        left = None if self.end is None else max(0.0, self.end - time.monotonic())
        return self.executor.submit(try_shape, options.task, self.train, options.training(shape), rivals, left, self.stop)


@dataclass(kw_only=True)
class Search:
    """Goes on with ``study`` where it is. ``client``: of Dask, whose workers run the trials; None: this process does."""

    study: "Study"
    task: Task
    options: TuneOptions
    client: Any = None
    tried: list[Tried] = field(default_factory=list)
    _costs: dict[tuple[int, int], Cost | str] = field(default_factory=dict)
    _running: "dict[Future[Outcome | None], tuple[Trial, Shape, Cost]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        from optuna.trial import TrialState

        done = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        self.tried = [Tried.read(trial) for trial in done]

    def run(self) -> bool:
        """Search until the time or the number of shapes is reached, or none that is drawn is new; whether it was interrupted."""
        from optuna.trial import TrialState

        end = None if self.options.limit is None else time.monotonic() + 60 * self.options.limit
        with StopRequest() as stop, bar(self.options.trials, initial=len(self.tried), bar_format=self._bar_format()) as line:
            workers = Workers.of(self.client, self.task.train, stop, end)
            try:
                while not stop.made:
                    self._fill(workers, stop, line)
                    if not self._running:
                        break
                    done, _ = wait(self._running, timeout=PERIOD, return_when=FIRST_COMPLETED)
                    line.refresh()
                    for future in done:
                        self._take(future, workers, stop, line)
                interrupted = stop.made
            finally:
                stop.made = True  # for a trial that is under way here
                workers.executor.shutdown(wait=False)
            for trial, _, _ in self._running.values():
                self.study.tell(trial, state=TrialState.FAIL)
            return interrupted

    def _fill(self, workers: Workers, stop: StopRequest, line: "tqdm[Any]") -> None:
        """A trial for each worker that has none."""
        most = self.options.trials
        while len(self._running) < workers.room and not stop.made:
            late = workers.end is not None and time.monotonic() > workers.end
            if late or (most is not None and len(self.tried) + len(self._running) >= most) or (drawn := self._draw()) is None:
                break
            trial, shape = drawn
            self._show(line, shape)
            cost = self._cost(shape)
            if isinstance(cost, str):
                self._note(trial, Tried(shape=shape, cost=None, reason=cost), line)
            else:
                self._running[workers.submit(self.options, shape, self._rivals(cost))] = trial, shape, cost

    def _draw(self) -> "tuple[Trial, Shape] | None":
        """A trial of a shape that is new: first of all the default, then what the sampler takes for good, and any in place of a known one.
        A draw depends on the trials before and on a seed of their number, so it is the same however often the search was interrupted."""
        from optuna.samplers import RandomSampler, TPESampler
        from optuna.trial import TrialState

        known = {one.shape for one in self.tried} | {shape for _, shape, _ in self._running.values()}
        space = self.task.space
        if space.default not in known and not self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            self.study.enqueue_trial(space.default._asdict())
        for draw in range(DRAWS):
            seed = int(np.random.SeedSequence([self.options.seed, len(known), draw]).generate_state(1)[0])
            self.study.sampler = RandomSampler(seed=seed) if draw else TPESampler(seed=seed)
            trial = self.study.ask()
            shape = space.drawn(trial)
            if shape not in known:
                return trial, shape
            self.study.tell(trial, state=TrialState.FAIL)
        return None

    def _cost(self, shape: Shape) -> Cost | str:
        """On the board, or why it doesn't fit; epochs make no difference."""
        key = shape.tables, shape.pairs
        if key not in self._costs:
            try:
                self._costs[key] = cost_of_shape(shape, self.task.inputs, self.task.board)
            except ValueError as error:
                self._costs[key] = str(error)
            except MemoryError:
                self._costs[key] = "it takes more memory to compile than there is"
        return self._costs[key]

    def _rivals(self, cost: Cost) -> tuple[Rival, ...]:
        """Of the shapes that take no more: those that are not beaten."""
        found = frontier([one for one in trained(self.tried) if one.cost.no_more_than(cost)])
        return tuple(Rival(name=str(one.shape), errors=one.errors) for one in found)

    def _take(self, future: "Future[Outcome | None]", workers: Workers, stop: StopRequest, line: "tqdm[Any]") -> None:
        """Of a trial; what was cut short leaves nothing."""
        from optuna.trial import TrialState

        trial, shape, cost = self._running.pop(future)
        outcome: Outcome | None
        try:
            outcome = future.result()
        except workers.fatal:
            outcome = None if stop.made else Outcome(errors=(), reason=DIED)
        except CancelledError:
            if not stop.made:
                raise ValueError(GONE) from None
            outcome = None
        if outcome is None:
            self.study.tell(trial, state=TrialState.FAIL)
        else:
            self._note(trial, Tried(shape=shape, cost=cost, errors=outcome.errors, reason=outcome.reason), line)

    def _note(self, trial: "Trial", tried: Tried, line: "tqdm[Any]") -> None:
        """Into the study: a shape that was trained to the end with its figures, any other as one that was pruned."""
        from optuna.trial import TrialState

        for name, value in tried.kept().items():
            trial.set_user_attr(name, value)
        if tried.reason is None and tried.cost is not None:
            self.study.tell(trial, [tried.errors[-1].value, *map(float, tried.cost)])
        else:
            self.study.tell(trial, state=TrialState.PRUNED)
        self.tried.append(tried)
        line.update()

    def _bar_format(self) -> str:
        """Shapes and time, of how many and how much."""
        from tqdm import tqdm

        shapes = "{n_fmt} shapes" if self.options.trials is None else "{l_bar}{bar}| {n_fmt}/{total_fmt} shapes"
        limit = "" if self.options.limit is None else f" of {tqdm.format_interval(60 * self.options.limit)}"
        return f"{shapes} [{{elapsed}}{limit}{{postfix}}]"

    def _show(self, line: "tqdm[Any]", shape: Shape) -> None:
        found = trained(self.tried)
        best = f"best {100 * min(one.error.value for one in found):.2f} %, " if found else ""
        line.set_postfix_str(f"{best}on {shape}")
