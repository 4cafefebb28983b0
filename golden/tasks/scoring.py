"""What was held out of a network's training, whichever its task, and what the network is worth on it."""

from pathlib import Path
from typing import Any

from ..integer.layer import NetworkError
from ..integer.network import Network
from ..integer.signal import SignalNetwork
from .asking import ask
from .fitting.card import KINDS
from .held_out import HeldOut, Lesson


def held_out(network: Network, *, data: Path | None) -> HeldOut:
    """``data``: where the samples are, for those that are in files."""
    if _of_a_table(network):
        from .tables.task import held_out as of_table

        return of_table(network, data=data)
    if isinstance(network, SignalNetwork):
        raise NetworkError("the network reads signals, and isn't one of train stream or train forecast: score it from Python")
    from .images.task import held_out as of_images

    return of_images(network, data=data)


def to_learn(network: Network, *, data: Path | None, seed: int) -> Lesson:
    """Samples that a classifier can learn. ``seed``: of what is held out of data that are new to it."""
    if _of_a_table(network):
        from .tables.task import to_learn as of_table

        return of_table(network, data=data, seed=seed)
    from .images.task import to_learn as of_images

    return of_images(network, data=data)


def _of_a_table(network: Network) -> bool:
    return network.card.get("task") in [kind.task for kind in KINDS]


def evaluate(network: Network, *, data: Path | None) -> dict[str, Any]:
    """How many ``images``, ``samples`` or ``signals`` were :func:`held_out`, and figures on them."""
    found = held_out(network, data=data)
    return {found.what: float(len(found.x)), **found.score(ask(network, found.x, joined=found.joined))}
