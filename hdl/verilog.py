"""Command: the core alone as Verilog, for somebody else's design.

python -m hdl.verilog --board icebreaker [--flash none|byte|nibble] [--out FILE]
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.target import BOARD
from polychron.command.terminal import printable, say

app = make_app(
    "verilog",
    "Write the core alone, without a board's pads, PLL and UART, as one Verilog module for a design of yours.\n\n"
    "Beside it stands a configuration for Verilator, FILE.vlt, with the warnings to be silent about.",
    examples=["polychron verilog --board icebreaker --out core.v", "polychron verilog --board icebreaker --flash nibble"],
)

FLASH = "ports for a flash that holds tables, and what is read from it each clock; none: no such ports"


@app.default
def verilog(
    *,
    board: Annotated[str, BOARD] = "icebreaker",
    flash: Annotated[Literal["none", "byte", "nibble"], option(FLASH)] = "none",
    out: Annotated[Path, option("the file", metavar="FILE")] = Path("core.v"),
) -> None:
    import boards
    from hdl.flow.verilog import make_verilog, waivers, without_board
    from polychron.system.files import check_file, write_whole
    from polychron.system.version import project_version

    if not out.name:
        raise ValueError(f"--out must name a file, not {str(out)!r}")
    record = boards.get(board)
    core = without_board(record if flash == "none" else boards.flash_mode(record, flash), flash=flash != "none")
    beside = out.with_name(f"{out.name}.vlt")
    for path in (out, beside):
        check_file(path)
    made = make_verilog(core, version=project_version(), note=say)
    files = {out: made.text.encode(), beside: waivers(out.name).encode()}
    write_whole(files)
    for path, data in files.items():
        print(f"{printable(path)} ({len(data):,} bytes)")


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
