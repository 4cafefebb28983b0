"""Outputs that stand for classes of signals: the class is the output whose latencies, over the steps of a signal, are the least."""

from dataclasses import dataclass
from typing import ClassVar

from ..fitting.outputs.classes import Classes
from ..inputs import Inputs
from .steps import Steps


@dataclass(frozen=True, kw_only=True)
class SignalClasses(Classes):
    """As of :class:`Classes`, by the means of a signal's output latencies."""

    task: ClassVar[str] = "stream"
    inputs: ClassVar[type[Inputs]] = Steps
