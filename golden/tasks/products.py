"""What a training leaves: where it may go, what the network's card says of it, and the learning curve as a picture."""

import importlib.metadata
import io
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from polychron.command.terminal import printable
from polychron.system.files import check_output

from ..integer.file import write_atomic
from ..integer.layer import NetworkError

Points = Sequence[tuple[float, float]]


def check_out(path: Path) -> None:
    """A ``NetworkError`` of one sentence if ``--out`` can't take a network, or would be overwritten by the learning curve beside it."""
    if path.suffix == ".png":
        raise NetworkError(f"--out must not end in .png, the learning curve's name: {path}")
    probe = None
    try:
        if not path.parent.is_dir():
            raise NetworkError(f"--out: there is no folder {path.parent}")
        if path.is_dir():
            raise NetworkError(f"--out: {path} is a folder, not a file")
        check_output(path.with_suffix(".png"))
        probe = check_output(path).with_name(f".{os.getpid()}.probe")
        probe.touch()
        probe.unlink()
    except OSError as error:
        where = path if error.filename in (None, str(probe)) else error.filename
        raise NetworkError(f"--out: {where} cannot be written: {error.strerror}") from None


def check_spared(path: Path, option: str, *read: Path, of: str) -> None:
    """Refuse to write to ``path``, which ``option`` names, where it is one of the files that are ``read``: the file ``of`` what."""
    if path.exists() and any(file.exists() and path.samefile(file) for file in read):
        raise NetworkError(f"{option}: {printable(path)} is the file of {of}, and would be overwritten")


def versions() -> dict[str, str]:
    """What a repetition must share to give the same bytes."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in ("numpy", "numba", "llvmlite")}


def plot_curve(network: Path, *, train: Points, checks: Points, title: str, unit: str, final: tuple[float, float] | None = None) -> str:
    """Draw (steps, figure) points into a PNG beside the file ``network``; a phrase that says where it is, or why it can't be drawn.

    ``train``: the training run's own figure; ``checks``: of a sample of the held-out data; ``final``: of all of it.
    """
    path = network.with_suffix(".png")
    try:
        write_atomic(path, _picture(train, checks, final, title=title.replace("$", r"\$"), unit=unit))
    except Exception as error:  # whatever matplotlib or the disk has against it, the network is saved
        return f"no learning curve: {printable(error, limit=1000)}"
    return f"learning curve: {printable(path)}"


def _picture(train: Points, checks: Points, final: tuple[float, float] | None, *, title: str, unit: str) -> bytes:
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    if train:
        axes.plot(*zip(*train, strict=True), color="0.6", linewidth=1, label="training, with jitter")
    if checks:
        axes.plot(*zip(*checks, strict=True), color="tab:blue", marker=".", label="held out, a sample")
    if final is not None:
        axes.plot(*final, color="tab:red", marker="*", markersize=11, linestyle="none", label=f"held out, all of it: {final[1]:.3f}")
    lines = [value for _, value in [*train[len(train) // 20 :], *checks, *([final] if final else [])]]
    if lines:
        axes.set_ylim(min(lines) - 0.05, sorted(lines)[len(lines) * 99 // 100] + 0.1)
    axes.set(title=title, xlabel="steps", ylabel=unit)
    axes.grid(alpha=0.3)
    if train or checks:
        axes.legend()
    picture = io.BytesIO()
    figure.savefig(picture, dpi=120, format="png", metadata={"Software": None})
    return picture.getvalue()
