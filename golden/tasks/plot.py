"""The learning curve as a picture."""

import io
from collections.abc import Sequence
from pathlib import Path

from ..integer.file import write_atomic

__all__ = ["plot_curve"]


def plot_curve(path: Path, *, train: Sequence[tuple[float, float]], checks: Sequence[tuple[float, float]], title: str, unit: str) -> None:
    """Write a PNG of (steps, figure) points: the training's own figure, and the integer network's on held-out data."""
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    if train:
        axes.plot(*zip(*train, strict=True), color="0.6", linewidth=1, label="training, with jitter")
    if checks:
        axes.plot(*zip(*checks, strict=True), color="tab:blue", marker=".", label="held out, integer network")
    lines = [value for _, value in [*train[len(train) // 20 :], *checks]]
    if lines:
        axes.set_ylim(min(lines) - 0.05, sorted(lines)[len(lines) * 99 // 100] + 0.1)
    axes.set(title=title, xlabel="steps", ylabel=unit)
    axes.grid(alpha=0.3)
    axes.legend()
    picture = io.BytesIO()
    figure.savefig(picture, dpi=120, format="png", metadata={"Software": None})
    write_atomic(path, picture.getvalue())
