"""``python -m golden.grow NETWORK --tables 8x5``: a trained network made larger, its outputs unchanged, and made as it was again."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, UNRECORDED, Options, option, word
from polychron.command.target import NETWORK
from polychron.command.terminal import printable

from .integer.layer import MAX_NC
from .model.anchors import Anchors
from .training.options import tables_word

if TYPE_CHECKING:
    from .integer.network import Network

app = make_app(
    "grow",
    "Make a trained network larger without changing its outputs: new tables of zeros, more anchor pairs a table, or finer entries.",
    examples=[
        "polychron grow shakespeare --tables 8x5",
        "polychron learn text --network grown.safetensors --layers new --text FILE",
        "polychron grow learned.safetensors --original --out old.safetensors",
        "polychron grow digits --pairs 1 --out deeper.safetensors",
        "polychron grow shakespeare --finer --out finer.safetensors",
    ],
)


OUT = "the network file; left out: grown.safetensors, or original.safetensors"
ORIGINAL = "write the network that this one was grown from, without what the last grow added"
FINER = "int8 entries in place of int4 ones, with the layer's shift in them: a board then learns by smaller steps"
TABLES = "new tables and anchor pairs of each, such as 8x5, all rows zero"


@dataclass(frozen=True, kw_only=True)
class GrowOptions(Options):
    """What is added, or that what was added is left out."""

    layer: Annotated[str, option("of which layer, such as output or hidden.0", metavar="NAME")] = "output"
    tables: Annotated[tuple[int, int] | None, word(TABLES, tables_word, metavar="NTxNC")] = None
    pairs: Annotated[int, option("more anchor pairs in each table that is there, rows copied", low=0, high=MAX_NC - 1, metavar="N")] = 0
    finer: Annotated[bool, option(FINER)] = False
    anchors: Annotated[Anchors, option("how pairs are drawn")] = "random"
    seed: Annotated[int, option("of the pairs", low=0, high=(1 << 32) - 1)] = 0
    original: Annotated[bool, option(ORIGINAL)] = False
    out: Annotated[Path | None, option(OUT, metavar="FILE"), UNRECORDED] = None


@app.default
def grow(network: Annotated[str, NETWORK], /, *, options: Annotated[GrowOptions, FLAT] = GrowOptions(), json: Json = False) -> None:
    from .integer.file import FLOAT, LEARN, load, load_extra, save_network
    from .integer.layer import NetworkError
    from .integer.shipped import find_network
    from .learning.grown import digest, original
    from .tasks.products import check_out

    if options.original == (options.tables is not None or options.pairs > 0 or options.finer):
        raise ValueError("either --original must be given, or what to add: --tables, --pairs or --finer")
    out = options.out or Path("original.safetensors" if options.original else "grown.safetensors")
    check_out(out)
    path = find_network(network)
    before = load(path)
    try:
        after = original(before) if options.original else _grown(before, options, name=path.name)
    except NetworkError as error:
        raise NetworkError(f"{printable(path)}: {error}") from None
    with reported(json) as figures:
        if any(load_extra(path, prefix=prefix) for prefix in (FLOAT, LEARN)):
            print("note: what training or learning would go on from is left out")
        save_network(after, out)
        for name, layer in after.layers().items():
            print(f"{name}: {' + '.join(f'{group.n_t} x 2^{group.n_c}' for group in layer.groups)} rows of {layer.n_out}, int{layer.bits}")
        size, hashed = after.table_bytes(), digest(after)
        print(f"tables: {before.table_bytes()} bytes before, {size} now; network: {printable(out)}, SHA-256 {hashed}")
        figures |= {"file": out, "sha256": hashed, "table_bytes": size, "table_bytes_before": before.table_bytes()}


def _grown(network: "Network", options: GrowOptions, *, name: str) -> "Network":
    import numpy as np

    from .learning.grown import grow
    from .model.anchors import ANCHORS

    draw = partial(ANCHORS[options.anchors], n=network.n, rng=np.random.default_rng([options.seed, 4]))
    layer = network.layers().get(options.layer)
    pairs = draw(n_t=layer.n_t, n_c=options.pairs) if layer is not None and options.pairs else None
    tables = None if options.tables is None else draw(n_t=options.tables[0], n_c=options.tables[1])
    return grow(network, layer=options.layer, tables=tables, pairs=pairs, finer=options.finer, name=name)


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
