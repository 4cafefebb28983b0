"""Command: a network on a board as a page, and two builds or networks side by side.

python -m polychron.report.command [--network NAME] [--board NAME] [--flash byte|nibble] [--out FILE]
python -m polychron.report.command --compare A B [--board NAME] [--flash byte|nibble] [--out FILE]
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, option
from polychron.command.target import SHAKESPEARE, Target
from polychron.command.terminal import printable

if TYPE_CHECKING:
    from polychron.report.compare import Side

app = make_app(
    "report",
    "Write a page on a network on a board, or on two builds or networks side by side.\n\n"
    "A build writes its own, report.html, with floorplan and timing; this is what is known before, and the comparison.",
    examples=[
        "polychron report --network best-5m",
        "polychron report --compare build/icebreaker elsewhere",
        "polychron report --compare shakespeare mine.safetensors --out both.html",
    ],
)

TWO = "two folders of builds, or two networks as --network takes them; their differences are printed too"


@app.default
def report(
    target: Annotated[Target, FLAT] = SHAKESPEARE,
    *,
    compare: Annotated[tuple[str, str] | None, option(TWO, metavar="A B")] = None,
    out: Annotated[Path | None, option("the page; left out: NETWORK-report.html, or compare.html", metavar="FILE")] = None,
    json: Json = False,
) -> None:
    from polychron.network import load
    from polychron.system.files import check_file, write_whole

    with reported(json) as figures:
        if compare is None:
            program = load(target.network).compile(board=target.board, flash=target.flash)
            path = program.report(out)
            print(f"written: {printable(path)}")
            figures |= {"file": path, "figures": program.facts().figures if json else None}
            return
        from polychron.report.compare import comparison_page, comparison_text

        path = out or Path("compare.html")
        check_file(path)
        a, b = (_side(name, target) for name in compare)
        write_whole({path: comparison_page(a, b)})
        print(comparison_text(a.figures, b.figures))
        print(f"written: {printable(path)}")
        figures |= {"file": path, "compared": [a.figures, b.figures]}


def _side(name: str, target: Target) -> "Side":
    """A build's folder, else a network."""
    from polychron.network import load
    from polychron.report.compare import Side
    from polychron.report.page import Drawn
    from polychron.report.read import read_report

    if Path(name).is_dir():
        return Side(figures=read_report(Path(name) / "report.json"))
    found = load(name).compile(board=target.board, flash=target.flash).facts()
    return Side(figures=found.figures, drawn=Drawn(raster=found.raster))


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
