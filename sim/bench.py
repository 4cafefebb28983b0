"""Command: clocks a second of three simulators on the same run, side by side (sim/simulators.py).

python -m sim.bench [--board icebreaker] [--network FILE] [--clocks N]
"""

import sys
from collections.abc import Sequence
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, option
from polychron.command.target import NetworkOnBoard

DEFAULT = NetworkOnBoard()
app = make_app(
    "sim",
    "Clocks a second of three simulators on the same run: Amaranth's, Icarus with cocotb, CXXRTL.",
    examples=["polychron bench sim", "polychron bench sim --clocks 5000"],
)


@app.default
def bench(
    target: Annotated[NetworkOnBoard, FLAT] = DEFAULT,
    *,
    clocks: Annotated[int, option("of the common run", low=1000, high=1_000_000_000)] = 20_000,
) -> None:
    import boards
    from golden.integer.shipped import find_network
    from sim.simulators import measure

    print("running three simulators, a minute or two ...", file=sys.stderr)
    figures = measure(find_network(target.network), boards.get(target.board), clocks=clocks)
    print(f"{'simulator':<22}{'clocks/s':>12}{'times':>8}{'all in all':>12}")
    for figure in figures:
        times = figure.speed / figures[0].speed
        print(f"{figure.name:<22}{figure.speed:>12,.0f}{times:>8.1f}{figure.total:>10.1f} s")
    counts = ", ".join(f"{value:,} {name}" for name, value in figures[0].counters.items())
    print(f"the same run in all three, {clocks:,} clocks: {counts}")


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv, group="bench")


if __name__ == "__main__":
    sys.exit(main())
