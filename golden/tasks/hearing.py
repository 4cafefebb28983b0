"""A recording that a network of recordings hears: from its samples to latencies, and from what the outputs say to its word."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from polychron.command.terminal import printable

from ..integer.forward import earliest
from ..integer.layer import Int16, NetworkError
from ..integer.network import Network
from ..integer.signal import signal_network
from ..sound.front_end import NAME, RATE, features
from ..sound.spectrum import FRAME, HOP
from .fitting.card import read_card
from .inputs import listed
from .readers.wav import read_wav
from .signals.classes import SignalClasses


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """``x``: (steps, inputs) latencies; ``classes``: what the outputs stand for, in units of ``unit``."""

    x: Int16
    classes: SignalClasses
    unit: float

    @classmethod
    def of(cls, network: Network, path: Path) -> "Hearing":
        """Of a recording; ``NetworkError`` where ``network`` was trained on something else."""
        integer = signal_network(network)
        card = integer.card
        about = card.get("data")
        if not isinstance(about, dict) or about.get("sound") != NAME:
            raise NetworkError(f"the network was not trained on recordings as {NAME} hears them")
        fitted = read_card(card, inputs=integer.n_in, outputs=integer.n_out, kinds=(SignalClasses,))
        assert isinstance(fitted.outputs, SignalClasses)
        heard = features(read_wav(path)).astype(np.float64)
        if fitted.inputs.columns != heard.shape[1]:
            raise NetworkError(f"the network must have {heard.shape[1]} channels, not {fitted.inputs.columns}")
        (x,) = fitted.latencies(listed([heard]))
        return cls(x=x, classes=fitted.outputs, unit=2.0**-integer.out_frac)

    def told(self, outputs: Int16) -> tuple[str, dict[str, Any]]:
        """A phrase about the (steps, outputs) latencies, and its figures: the ``word``, its ``probability``, and the step from which on it
        was told (``settled``)."""
        sums = np.cumsum(outputs, axis=0, dtype=np.int64)
        found = earliest(sums)
        word = str(self.classes.labels[found[-1]])
        mean = outputs.mean(axis=0, dtype=np.float64)[None]
        probability = float(self.classes.probabilities(mean, unit=self.unit)[0, found[-1]])
        settled = int(np.flatnonzero(np.append(True, found[1:] != found[:-1]))[-1])
        seconds = (settled * HOP + FRAME) / RATE
        phrase = f"{printable(word)} (probability {probability:.2f}), told from step {settled + 1} of {len(outputs)} on, {seconds:.2f} s"
        return phrase, {"word": word, "probability": probability, "settled": settled + 1}
