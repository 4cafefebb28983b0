"""Command: clocks a token of a transformer against the token's position, as a picture (sim/context.py).

python -m sim.context_plot --network NAME --out FILE.png [--board icebreaker] [--tokens 64]
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, option
from polychron.command.target import NETWORK, Target

app = make_app(
    "python -m sim.context_plot",
    "Plot clocks a token of a transformer against the token's position: gateware, cycle model, and what the index cache spares.",
    examples=["python -m sim.context_plot --network transformer --out context.png"],
)


@dataclass(frozen=True, kw_only=True)
class Plotted(Target):
    """The shipped transformer, unless another is named."""

    network: Annotated[str, NETWORK] = "transformer"


DEFAULT = Plotted()


@app.default
def plot(
    target: Annotated[Plotted, FLAT] = DEFAULT,
    *,
    tokens: Annotated[int, option("tokens to run", low=1, high=64)] = 64,
    out: Annotated[Path, option("the picture, a PNG", metavar="FILE")],
) -> int:
    from golden.integer.transformer import TransformerNetwork
    from polychron.network import load
    from polychron.system.files import check_file, write_whole
    from sim.context import context_clocks, draw

    check_file(out)
    found = load(target.network)
    program, network = found.compile(board=target.board, flash=target.flash), found.integer
    if not isinstance(network, TransformerNetwork):
        raise ValueError(f"{found.name} is no transformer: its clocks do not depend on a context")
    clocks = context_clocks(network, program.code, program.board, tokens=tokens)
    if clocks.measured != clocks.predicted:
        print(f"DIFFERENT: the counters say {clocks.measured}, the cycle model {clocks.predicted}")
        return 1
    tables = sum(len(head.query) for block in network.blocks for head in block.heads)
    shape = f"{len(network.blocks)} blocks, {tables} tables of attention, context {network.context}"
    write_whole({out: draw(clocks, title=f"{found.name} on {program.board.title}: {shape}")})
    print(f"{tokens} tokens, counters and cycle model equal: {clocks.measured[0]} clocks the first, {clocks.measured[-1]} the last;")
    print(f"computed: {clocks.again[-1]} with all keys made again, {clocks.rerun[-1]} with the context run again")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
