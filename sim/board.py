"""Command: the compiled simulation of a whole board, offered as a serial port.

python -m sim.board --board icebreaker [--network NAME] [--flash byte|nibble] [--link PATH] [--tcp PORT]
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, option
from polychron.command.target import SHAKESPEARE, Target
from polychron.command.terminal import say

if TYPE_CHECKING:
    from polychron.program import Program
    from sim.live.served import ServedBoard

app = make_app(
    "board",
    "Offer a simulated board as a serial port, with a network in its flash, until Ctrl-C.\n\n"
    "The gateware is compiled by g++, or by the compiler that CXX names, and kept in ~/.cache/polychron.",
    examples=[
        "polychron board --link board",
        "polychron board --network best-5m --tcp 5555",
        "polychron talk --port board --image build/icebreaker/shakespeare/image.bin",
    ],
)


@app.default
def board(
    target: Annotated[Target, FLAT] = SHAKESPEARE,
    *,
    link: Annotated[Path | None, option("a symbolic link to make to the pseudo-terminal, removed at the end", metavar="PATH")] = None,
    tcp: Annotated[int | None, option("also a TCP port on loopback; 0: one that is free", low=0, high=65_535, metavar="PORT")] = None,
) -> int:
    from polychron.network import load
    from sim.live.link import check_link
    from sim.live.status import Status

    if link is not None:
        check_link(link)
    program = load(target.network).compile(board=target.board, flash=target.flash)
    with offered(program, link=link, tcp=tcp) as served:
        status = Status(served, sys.stderr)
        try:
            while True:
                served.turn()
                status.update()
        finally:
            status.end()


@contextmanager
def offered(program: "Program", *, link: Path | None, tcp: int | None) -> "Iterator[ServedBoard]":
    """The board of ``program``, whose image is in the flash, behind ports that are told on standard output."""
    from sim.compiled.build import telling
    from sim.live.link import linked
    from sim.live.port import Port
    from sim.live.served import ServedBoard
    from sim.live.tcp import TcpPort
    from sim.live.terminal import PseudoTerminal
    from sim.machines.board import BoardSimulation

    with ExitStack() as stack:
        terminal = PseudoTerminal()
        ports: list[Port] = [terminal]
        stack.callback(terminal.close)
        if tcp is not None:
            ports.append(TcpPort(tcp))
            stack.callback(ports[-1].close)
        with telling(say):
            simulation = stack.enter_context(closing(BoardSimulation(program.board, image=program.image)))
        if program.board.flash is None:
            say(f"{program.board.title} starts without an image: the host has to load one")
        if link is not None:
            stack.enter_context(linked(link, terminal.address))
        for port in ports:
            print(f"port: {port.address}", flush=True)
        yield ServedBoard(simulation, ports)


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
