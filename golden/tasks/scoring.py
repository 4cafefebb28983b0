"""What was held out of a classifier's training, whichever its task, and how much of it it gets right."""

from pathlib import Path

from ..integer.layer import Int16
from ..integer.network import Network
from .classes.card import TASK
from .classes.classifier import Labels


def held_out(network: Network, *, data: Path | None) -> tuple[Int16, Labels]:
    """Latencies (samples, inputs) and classes (samples,), -1 for one that the network doesn't know. ``data``: where the samples are, for
    those that are in files."""
    if network.card.get("task") == TASK:
        from .tables.task import held_out as of_table

        return of_table(network, data=data)
    from .images.task import held_out as of_images

    return of_images(network, data=data)


def evaluate(network: Network, *, data: Path | None) -> dict[str, float]:
    """Figures on what was :func:`held_out`."""
    if network.card.get("task") == TASK:
        from .tables.task import evaluate as of_table

        return of_table(network, data=data)
    from .images.task import evaluate as of_images

    return of_images(network, data=data)
