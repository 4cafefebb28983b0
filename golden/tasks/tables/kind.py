"""What is made of a table: a classifier, a regression or a detector of anomalies; all that they don't share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np

from ...integer.layer import Int16, NetworkError
from ...model.layer import Floats
from ..fitting.card import Fitted
from ..fitting.outputs.base import Answers, Outputs
from ..fitting.quantiles import Numbers
from ..fitting.training import Training
from ..held_out import HeldOut
from ..inputs import Latencies
from .options import TableOptions
from .read import Samples
from .signals import Signals
from .target import Target

LISTED = 30
"""Classes or targets that are told one by one, at most."""


class Peer(NamedTuple):
    """Another model and its answers, as :meth:`Judge.found` has them."""

    name: str
    found: Answers


class Judge(HeldOut):
    """Samples of a table that were held out, and what is known of them."""

    @abstractmethod
    def found(self, outputs: Int16 | Floats) -> Answers:
        """What output latencies say."""

    @abstractmethod
    def figures(self, found: Answers) -> dict[str, Any]:
        """Figures with their intervals (docs/user/json.md, ``polychron train``); the first of them is that of the card, and of peers."""

    def of_network(self, outputs: Int16 | Floats) -> dict[str, Any]:
        """The same of a network, by its output latencies, and what only they can say."""
        return self.figures(self.found(outputs))

    @abstractmethod
    def report(self, outputs: Int16 | Floats, others: Sequence[Peer]) -> None:
        """Print them, of the network and of others."""


Own = TypeVar("Own", bound=Outputs)
Said = TypeVar("Said", bound=TableOptions)


class Kind(ABC, Generic[Own, Said]):
    """``outputs``: what the outputs of its networks stand for, which names its task. ``signals``: whether samples are signals;
    ``fewest``: samples that its figures need; ``ordered``: whether the end of each sample may be held out."""

    outputs: ClassVar[type[Outputs]]
    signals: ClassVar[bool] = False
    fewest: ClassVar[int] = 1
    ordered: ClassVar[bool] = False

    @property
    def what(self) -> str:
        return "signals" if self.signals else "samples"

    def read_as(self, *, series: str | None, time: str | None) -> Signals | None:
        """How samples are signals, of which these columns are; None where they are none."""
        return Signals(series=series) if self.signals else None

    @abstractmethod
    def target(self, known: Own | None) -> Target:
        """How the answers are read: of a file that is trained on, or of one that a network of ``known`` outputs is scored by."""

    @abstractmethod
    def again(self, train: Samples) -> Target:
        """How the answers are read of a file that is held out while ``train`` is trained on."""

    def chosen(self, train: Samples, options: Said) -> Samples:
        """Those of ``train`` that are trained on: all, unless a subclass says otherwise."""
        return train

    @abstractmethod
    def training(self, train: Samples, options: Said) -> Training:
        """Of a network, on ``train``."""

    @abstractmethod
    def check(self, samples: Samples) -> None:
        """``NetworkError`` where there are more outputs than a core reads."""

    def ends(self, samples: Samples) -> tuple[Samples, Samples] | None:
        """What is trained on and what is held out, where it is the end of each sample; else None."""
        return None

    def check_parts(self, train: Samples, test: Samples, options: Said) -> None:
        """``NetworkError`` where the training or the figures need more than there is."""
        if len(test.x) < self.fewest:
            raise NetworkError(f"at least {self.fewest} {self.what} must be held out, not {len(test.x)}")

    def divided(self, train: Samples, test: Samples) -> str:
        """How many are trained on and held out, in words."""
        return f"{len(train.x)} {self.what} trained on, {len(test.x)} held out"

    @abstractmethod
    def strata(self, answers: Answers) -> Answers | None:
        """(samples,) values whose shares are kept where a part is held out."""

    @abstractmethod
    def judge(self, x: Latencies, samples: Samples, *, outputs: Own, unit: float) -> Judge:
        """Of held-out ``samples`` of latencies ``x``; ``unit``: of the network's output latencies. ``NetworkError`` where the answers are
        not those of such outputs."""

    @abstractmethod
    def described(self, outputs: Own) -> str:
        """How many there are, and of what."""

    @abstractmethod
    def peers(self) -> list[tuple[str, Any]]:
        """Models of scikit-learn, with their defaults."""

    @abstractmethod
    def lesson(self, fitted: Fitted, train: Samples, test: Samples) -> tuple[Numbers, Answers, Numbers]:
        """What peers are fitted to, (samples, features) numbers and their answers, and the held-out numbers that they are asked of.
        ``fitted``: the network's maps."""

    def asked(self, model: Any, x: Numbers) -> Answers:
        """What a fitted peer says of (samples, inputs) numbers, as :meth:`Judge.found` has it."""
        return np.asarray(model.predict(x))
