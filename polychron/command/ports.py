"""The way to a board, as options: which serial port, how fast; and the question which, where none was named."""

import sys
from dataclasses import dataclass
from typing import Annotated

from .options import UNRECORDED, Options, option
from .target import BOARD
from .terminal import printable

SIMULATED = "simulated"
"""The port of a board that is simulated in this process, for as long as it is connected."""

PORT = f"serial port of the board, the second one of an iCEBreaker; {SIMULATED}: a simulated board. Left out: you are asked"


@dataclass(frozen=True, kw_only=True)
class Line(Options):
    """A board, and the way to it."""

    port: Annotated[str | None, option(PORT, metavar="PORT"), UNRECORDED] = None
    baud: Annotated[int | None, option("bits a second; left out: the board's", low=1, high=100_000_000, metavar="N"), UNRECORDED] = None
    board: Annotated[str, BOARD] = "icebreaker"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.port == "":
            raise ValueError("--port must not be empty")

    def chosen(self) -> str:
        """The port, asked for if need be."""
        return choose_port() if self.port is None else self.port


ASKED = Line()


def choose_port() -> str:
    """The port that is chosen at the terminal, out of a list of this machine's; ``ValueError`` with the list where nobody can be asked."""
    from serial.tools.list_ports import comports

    found = [(port.device, _told(port.device, port.description, port.hwid)) for port in sorted(comports())]
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        there = "; ".join(line for _, line in found) or "this machine has none"
        raise ValueError(f"--port must name a serial port ({there}), or be {SIMULATED}")
    choices = [*found, (SIMULATED, "a simulated board")]
    numbered = {str(number): device for number, (device, _) in enumerate(choices, start=1)}
    for number, (_, line) in zip(numbered, choices, strict=True):
        print(f"{number}  {line}")
    while True:
        try:
            word = input(f"port [1..{len(choices)}, Enter: 1]: ").strip() or "1"
        except EOFError:
            raise ValueError("no port was chosen") from None
        if word in numbered:
            return numbered[word]


def _told(device: str, description: str, hardware: str) -> str:
    what = [part for part in (description, hardware) if part and part != "n/a" and part != device]
    return printable(f"{device}  {', '.join(what)}" if what else device)
