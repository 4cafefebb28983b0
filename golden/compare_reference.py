"""``python -m golden.compare_reference FOLDER``: a training dumped by the reference program, repeated here and compared step by step.

docs/reference/against-reference.md says what the folder holds and how to make one.
"""

import math
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, Options, option
from polychron.system.files import check_input

from .integer.layer import NetworkError
from .model.transformer import Shape, Transformer

VOCABULARY = 256


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """``equal``: steps whose loss is equal to the last bit, from the first on; ``within``: those within 1 %; ``worst``: relative.

    ``rates``: steps whose rate is that of :func:`golden.compiled.reference_sgd.reference_rate`. ``flip``: the first index that differs, in
    words. Losses are bits a position.
    """

    steps: int
    equal: int
    within: int
    worst: float
    rates: int
    flip: str | None
    first_loss: float
    last_loss: float


def _array(folder: Path, name: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """One file of the folder; a first dimension of -1 is as long as the file."""
    path = folder / name
    kinds: dict[str, np.dtype[Any]] = {".f32": np.dtype("<f4"), ".i32": np.dtype("<i4"), ".f64": np.dtype("<f8")}
    try:
        check_input(path)
        values = np.fromfile(path, kinds[path.suffix])
    except OSError as error:
        raise NetworkError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return values.reshape(shape)
    except ValueError:
        raise NetworkError(f"{path}: its {values.size} values do not fit the shape {shape}") from None


def read_model(folder: Path, shape: Shape) -> Transformer:
    """The untrained network of a dump: embedder, anchors and positional encodings; all tables zero."""
    model = Transformer.start(n_sym=VOCABULARY, shape=shape, rng=np.random.default_rng(0))
    b, h, n_t, n_c = shape.blocks, shape.heads, shape.n_t, shape.n_c
    heads = _array(folder, "heads.i32", (b, h * n_t, n_c, 2))
    feeds = _array(folder, "feed.i32", (b, n_t, n_c, 2)) if shape.feed is not None else None
    positions = _array(folder, "position.f32", (b, h, shape.context, n_t * shape.p))
    for index, block in enumerate(model.blocks):
        block.attention.query[:] = heads[index]  # which are the key's, too
        block.attention.position[:, :-1] = positions[index].transpose(1, 0, 2).reshape(shape.context, -1)
        if block.feed is not None and feeds is not None:
            block.feed.groups[0].anchors[:] = feeds[index]
    model.embed[:] = _array(folder, "embed.f32", (VOCABULARY, shape.n))
    model.output.groups[0].anchors[:] = _array(folder, "output.i32", (n_t, n_c, 2))
    return model


def compare(folder: Path, shape: Shape, *, steps: int | None = None) -> Comparison:
    """Repeat the dumped training from its anchors, samples, initial values and rates."""
    from .compiled.reference_sgd import reference_rate, sgd_step

    model = read_model(folder, shape)
    tokens = _array(folder, "tokens.i32", (-1, shape.context + 1))[:steps].astype(np.int64)
    count = len(tokens)
    rates = _array(folder, "rate.f32", (-1,))[:count].astype(np.float32)
    losses = _array(folder, "loss.f64", (-1,))[:count].astype(np.float64)
    layout = (-1, shape.blocks, shape.heads, shape.context, shape.n_t)
    theirs = _array(folder, "index.i32", layout)[:count].astype(np.int64) if (folder / "index.i32").exists() else None
    if not count or len(rates) != count or len(losses) != count or (theirs is not None and len(theirs) != count):
        raise NetworkError(f"{folder}: its files hold different numbers of steps, or none")
    if tokens.min() < 0 or tokens.max() >= VOCABULARY:
        raise NetworkError(f"{folder}/tokens.i32: tokens must be 0..{VOCABULARY - 1}")
    flip: str | None = None
    found = np.zeros(count)
    for step in range(count):
        indices: list[npt.NDArray[np.int64]] = []
        for loss in sgd_step(model, tokens[step], float(rates[step]), indices=indices):
            found[step] += loss
        if theirs is not None and flip is None:
            flip = _flip(step, np.stack(indices), theirs[step])
    differences = abs(found - losses) / losses
    scale = shape.context * math.log(2)
    return Comparison(
        steps=count,
        equal=_first(found == losses),
        within=_first(differences <= 0.01),
        worst=max(0.0, *differences.tolist()),
        rates=sum(float(rate) == reference_rate(step) for step, rate in enumerate(rates)),
        flip=flip,
        first_loss=found[0] / scale,
        last_loss=found[-1] / scale,
    )


def _first(good: npt.NDArray[np.bool_]) -> int:
    """How many of the first steps are good."""
    return int(np.argmin([*good, False]))


def _flip(step: int, here: npt.NDArray[np.int64], there: npt.NDArray[np.int64]) -> str | None:
    """``here`` (blocks, positions, tables of all heads), ``there`` (blocks, heads, positions, tables)."""
    blocks, heads, positions, n_t = there.shape
    mine = here.reshape(blocks, positions, heads, n_t).transpose(0, 2, 1, 3)
    different = np.argwhere(mine != there)
    if not len(different):
        return None
    at = block, head, position, table = tuple(different[0].tolist())
    where = f"step {step}, block {block}, head {head}, table {table}, position {position}"
    return f"{where}: index {mine[at]:#b} here, {there[at]:#b} there"


@dataclass(frozen=True, kw_only=True)
class Sizes(Options):
    """Those of the dumped network."""

    n: Annotated[int, option("neurons", low=2, high=32767)] = 32
    blocks: Annotated[int, option("blocks", low=1, high=64)] = 6
    heads: Annotated[int, option("heads of a block", low=1, high=64)] = 4
    n_t: Annotated[int, option("tables of a head and of a layer", low=1, high=1023)] = 16
    n_c: Annotated[int, option("anchor pairs of a table", low=1, high=16)] = 6
    p: Annotated[int, option("bits of a position", low=0, high=16)] = 4
    context: Annotated[int, option("positions", low=1, high=1 << 16)] = 32
    attention_only: Annotated[bool, option("the dumped program had no feed-forward layers")] = False

    @property
    def shape(self) -> Shape:
        layer = (self.n_t, self.n_c)
        sizes = {name: getattr(self, name) for name in ("n", "blocks", "heads", "n_t", "n_c", "p", "context")}
        return Shape(**sizes, feed=None if self.attention_only else layer, output=layer, variant="reference")


PAPER = Sizes()
app = make_app(
    "python -m golden.compare_reference",
    "Repeat a training dumped by the reference program, and compare it step by step (docs/reference/against-reference.md).",
    examples=["python -m golden.compare_reference FOLDER --n-c 3 --p 3"],
)


@app.default
def compare_dump(
    folder: Annotated[Path, option("what the reference program dumped", metavar="FOLDER")],
    /,
    sizes: Annotated[Sizes, FLAT] = PAPER,
    *,
    steps: Annotated[int | None, option("only so many; left out: all there are", low=1, high=1_000_000_000)] = None,
) -> int:
    result = compare(folder, sizes.shape, steps=steps)
    print(f"{result.steps} steps, loss {result.first_loss:.4f} to {result.last_loss:.4f} bits a position")
    print(f"equal to the last bit: the first {result.equal}; within 1 %: the first {result.within}; worst difference {result.worst:.2e}")
    print(f"learning rates equal to the formula: {result.rates}")
    print(f"first index flip: {result.flip or 'none'}")
    return 0 if result.within == result.steps else 1


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
