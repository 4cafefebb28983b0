"""What an architecture brings to the trainer: its step and layers (:class:`Learner`), its start and rounding (:class:`Architecture`)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ..compiled.adam import Update
from ..integer.network import TextNetwork
from ..model.grow import depth_at
from ..model.layer import TextModel
from ..model.quantise import Rounding, soften
from .options import LanguageOptions
from .rows import Rows
from .workers import Share

Tokens = npt.NDArray[np.int32]
Model = TypeVar("Model", bound=TextModel)
Chosen = TypeVar("Chosen", bound=LanguageOptions)


class Learner(ABC, Generic[Model]):
    """A model under training on windows of streams. ``pairs``: of its deepest table; tables begin with ``grow`` (golden/model/grow.py)."""

    def __init__(self, model: Model, options: LanguageOptions, *, pairs: int) -> None:
        self.model = model
        self.options = options
        self.pairs = pairs
        self.depth = min(options.grow, pairs) or pairs

    @abstractmethod
    def learn(self, share: Share, tokens: Tokens, update: Update) -> float:
        """Forward, backward and one Adam step on ``tokens`` (streams, window + 1); nats before it, summed. State is carried on."""

    @abstractmethod
    def parts(self) -> dict[str, list[Rows]]:
        """The rows of each part that a rounding names."""

    @abstractmethod
    def deepen(self, depth: int) -> None:
        """Give every table its first ``depth`` pairs."""

    @abstractmethod
    def current(self) -> Model:
        """The model with its tables as the forward pass reads them now, written into its arrays."""

    def grow(self, done: float) -> None:
        """What is due when ``done`` (0..1) of the schedule is over; a table never loses a pair."""
        if self.options.grow:
            first = min(self.options.grow, self.pairs)
            depth = depth_at(done, first=first, last=self.pairs, until=self.options.grown)
            if depth > self.depth:
                self.deepen(depth)
                self.depth = depth

    def round(self, rounding: Rounding) -> None:
        """From now on the forward pass reads rounded tables; straight-through: the unrounded ones are trained, and clipped to the width."""
        parts = self.parts()
        for name, (unit, limit) in rounding.parts().items():
            for rows in parts[name]:
                rows.round(unit, limit)


class Architecture(ABC, Generic[Model, Chosen]):
    """A kind of text network that can be trained: ``kind`` is its integer network's; ``search_bytes`` of text choose units."""

    kind: ClassVar[str]
    model: ClassVar[type[TextModel]]
    search_bytes: ClassVar[int]

    @abstractmethod
    def start(self, options: Chosen, *, n_sym: int) -> Model:
        """An untrained model."""

    @abstractmethod
    def learner(self, model: Model, options: Chosen) -> Learner[Model]: ...

    @abstractmethod
    def rounding(self, model: Model, options: Chosen, bits: Callable[[Any], float]) -> Any:
        """The :class:`Rounding` that ``options`` name, or, where they leave units open, the one with the fewest ``bits(rounding)``."""

    @abstractmethod
    def quantise(self, model: Model, rounding: Any, *, symbols: tuple[int, ...], card: dict[str, Any]) -> TextNetwork:
        """The integer network, validated."""

    def softened(self, model: Model, factor: float) -> Model:
        """``model`` with ``factor`` times its outputs; all else is shared."""
        return replace(model, output=soften(model.output, factor))

    @abstractmethod
    def stream_loss(self, model: Model, tokens: Tokens) -> float:
        """Nats, summed, of every token but the first, streamed from the empty state without jitter."""

    def diagnose(self, model: Model, tokens: Tokens) -> list[str]:
        """The paper's failure signatures found while ``tokens`` are read, a sentence each."""
        return []

    def figures(self, step: int) -> dict[str, Any]:
        """What the card says of a training of ``step`` steps besides bits."""
        return {}
