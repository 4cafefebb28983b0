"""``python -m benchmarks.study.measure NETWORK --text FILE``: a trained network as a point of docs/study/points.json."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np

from golden.compiled.stream import score
from golden.integer.deep import DeepNetwork
from golden.integer.file import load, load_extra
from golden.integer.layer import Int8, Layer, NetworkError
from golden.integer.network import Network
from golden.integer.shipped import find_network
from golden.integer.transformer import TransformerNetwork
from golden.tasks.text import Text, read_text
from polychron.command.app import make_app
from polychron.command.app import run as run_command
from polychron.command.options import option
from polychron.command.target import NETWORK
from polychron.system.files import check_output

from .figures import cost
from .models.window import score_window
from .points import POINTS, POINTS_FILE, Point, put
from .runs import RUNS, Run, put_run

WINDOW = 2048  # targets of a mini-batch: 64 streams of 32 characters, in all trainers


def codes_of(path: Path) -> tuple[Int8, ...]:
    """The codes kept beside a deep text network, newest character first."""
    arrays = load_extra(path)
    codes = tuple(arrays[f"codes.{index}"] for index in range(len(arrays)) if f"codes.{index}" in arrays)
    if not codes or len(codes) != len(arrays) or any(code.dtype != np.int8 or code.ndim != 2 for code in codes):
        raise NetworkError(f"{path}: holds no codes of characters, so it is no deep text network")
    return tuple(code.astype(np.int8) for code in codes)


def shape_of(network: Network) -> str:
    """A short description of the tables."""

    def layer(one: Layer) -> str:
        return "+".join(f"{group.n_t}x2^{group.n_c}" for group in one.groups) + f" int{one.bits}"

    parts = [f"n={network.n}"]
    if isinstance(network, TransformerNetwork):
        block = network.blocks[0]
        head = block.heads[0]
        count = "1 head" if len(block.heads) == 1 else f"{len(block.heads)} heads"
        heads = f"{len(network.blocks)} blocks of {count}, {head.n_t}x2^({head.query.shape[1]}+{head.key.shape[1]}+{head.p})"
        parts.append(f"{heads} int{block.bits}, context {network.context}")
        parts.append("F " + layer(block.feed) if block.feed is not None else "attention alone")
    parts += [f"S {layer(one)}" for name, one in network.layers().items() if name.startswith("hidden.")]
    return ", ".join([*parts, f"U {layer(network.output)}"])


def characters_of(command: str) -> int:
    """Targets of the training that ``command`` describes, by its --steps; ``NetworkError`` if it names none."""
    found = re.search(r"--steps ([0-9]+)", command)
    if found is None:
        raise NetworkError(f"the network's card must name its --steps, not {command!r}")
    return int(found[1]) * WINDOW


def measure(path: Path, text: Text, *, name: str, seconds: float | None, shipped: str | None, characters: int | None = None) -> Point:
    """The point of the network in ``path`` on the last tenth of ``text``, which its card must name."""
    network = load(path)
    card = network.card
    if card.get("data", {}).get("sha256") != text.sha256:
        raise NetworkError(f"{path}: was trained on another text than {text.name}")
    if isinstance(network, DeepNetwork):
        codes = codes_of(path)
        bits, host = score_window(network, codes, text.held_out), sum(code.size for code in codes)
    else:
        bits, host = score(network, text.held_out).bits, 0
    figures = cost(network)
    return Point(
        name=name,
        family=network.kind,
        shape=shape_of(network),
        memory=figures.memory,
        table_bytes=figures.table_bytes + host,
        bytes_read=figures.bytes_read + (network.n if host else 0),
        clocks=figures.clocks,
        predicted=figures.predicted,
        bits=round(bits, 4),
        characters=characters_of(card["command"]) if characters is None else characters,
        seconds=card.get("seconds") if seconds is None else seconds,
        seed=card.get("seed", 0),
        command=card["command"],
        shipped=shipped,
    )


def as_run(point: Point, *, model: str) -> Run:
    """The training of ``point`` beside others of ``model``; its seconds must be known."""
    if point.seconds is None:
        raise NetworkError(f"{point.name}: --run needs the --seconds that its training took")
    kept = ("family", "characters", "seconds", "bits", "table_bytes", "bytes_read", "seed", "command")
    return Run(model=model, **{name: getattr(point, name) for name in kept})


app = make_app(
    "python -m benchmarks.study.measure",
    "A trained network as a point of docs/study/points.json.",
    examples=["python -m benchmarks.study.measure best-5m --text TEXT"],
)


@app.default
def command(
    network: Annotated[str, NETWORK],
    /,
    *,
    text: Annotated[Path, option("the text it was trained on", metavar="FILE")],
    name: Annotated[str | None, option("of the point; left out: the file's")] = None,
    seconds: Annotated[float | None, option("of processor time its training took, where its card does not say")] = None,
    characters: Annotated[int | None, option("targets of its training, where --steps of 2048 is not the number")] = None,
    run: Annotated[str | None, option("also a line of docs/study/convergence.json, of this model", metavar="MODEL")] = None,
    points: Annotated[Path, POINTS_FILE] = POINTS,
) -> None:
    path = find_network(network)
    shipped = network if str(path) != network else None
    check_output(points)
    point = measure(path, read_text(text), name=name or path.stem, seconds=seconds, shipped=shipped, characters=characters)
    made = None if run is None else as_run(point, model=run)
    put(point, points)
    if made is not None:
        put_run(made, RUNS)
    print(point)


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(app, argv)


if __name__ == "__main__":
    sys.exit(main())
