"""Command: clocks a second of three simulators on the same run, side by side (sim/simulators.py).

python -m sim.bench [--board icebreaker] [--network FILE] [--clocks N]
"""

import sys
from collections.abc import Sequence
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
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
    json: Json = False,
) -> None:
    import boards
    from golden.integer.shipped import find_network
    from sim.simulators import measure

    print("running three simulators, a minute or two ...", file=sys.stderr)
    with reported(json) as figures:
        found = measure(find_network(target.network), boards.get(target.board), clocks=clocks)
        print(f"{'simulator':<22}{'clocks/s':>12}{'times':>8}{'all in all':>12}")
        for one in found:
            print(f"{one.name:<22}{one.speed:>12,.0f}{one.speed / found[0].speed:>8.1f}{one.total:>10.1f} s")
        counts = ", ".join(f"{value:,} {name}" for name, value in found[0].counters.items())
        print(f"the same run in all three, {clocks:,} clocks: {counts}")
        figures |= {"clocks": clocks, "counters": found[0].counters, "simulators": [one.figures for one in found]}


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv, group="bench")


if __name__ == "__main__":
    sys.exit(main())
