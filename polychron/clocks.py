"""What a network that was just trained costs on a board."""

from pathlib import Path
from typing import Any

from boards import FlashMode

from .command.terminal import printable
from .network import load


def tell_clocks(file: Path, *, board: str, flash: FlashMode | None = None, unit: str = "sample") -> dict[str, Any]:
    """Print the clocks of a ``unit`` by the cycle model, of the network in ``file`` on a board by its name; give them for ``--json``."""
    try:
        found = load(file).compile(board=board, flash=flash).estimate()
    except ValueError as error:  # of a network that is larger than the board's memories; it is saved
        print(f"note: no figures of the {board}: {printable(error, limit=300)}")
        return {"board": board, "clocks_per_step": None, "steps_per_second": None}
    clocks, rate = found.clocks_per_step, found.steps_per_second
    print(
        f"on the {board}: {clocks:,} clocks a {unit} by the cycle model, {rate:,} {unit}s a second (energy: estimated by polychron build)"
    )
    return {"board": board, "clocks_per_step": clocks, "steps_per_second": rate}
