"""Command: run a network on the simulated gateware, every latency compared with the golden model.

python -m sim.run --board icebreaker [--network NAME] [--flash byte|nibble] [--prompt TEXT] [--length N] [--temperature T | --greedy]
    [--k K] [--seed N] [--uart] [--trace FILE]
python -m sim.run --board icebreaker --digits N [--network NAME]
"""

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, ArgumentCollection, Token

from polychron.options import FLAT, given, make_app, option, printable, run, terminal_text
from polychron.target import EARLIEST, SHAKESPEARE, Sampler, Target, text_is_drawn

if TYPE_CHECKING:
    from polychron.program import Program
    from sim.runs import Run

__all__ = ["app", "main"]

DIGIT_INPUTS = 64


def _digits_network(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """With ``--digits`` the network is that of the digits, unless one is named."""
    if given(arguments, "digits") is not None and given(arguments, "network") is None:
        arguments["--network"].append(Token(keyword="--network", value="digits", source="digits"))


app = make_app(
    "sim",
    "Run a network on the simulated gateware beside the golden model, every latency compared.\n\n"
    "The gateware is compiled by g++, or by the compiler that CXX names, and kept in ~/.cache/polychron.",
    examples=[
        'polychron sim --prompt "First Citizen:"',
        "polychron sim --network best-5m --flash nibble --length 50",
        "polychron sim --length 3 --trace run.vcd",
        "polychron sim --digits 450",
    ],
    config=[_digits_network, text_is_drawn],
)


@app.default
def simulate(
    target: Annotated[Target, FLAT] = SHAKESPEARE,
    sampler: Annotated[Sampler, FLAT] = EARLIEST,
    *,
    prompt: Annotated[str, option("text the network reads first", metavar="TEXT")] = "",
    length: Annotated[int, option("characters to write", low=0, high=60_000, metavar="N")] = 200,
    digits: Annotated[int | None, option("classify N of the network's 450 held-out digits instead", low=1, high=450, metavar="N")] = None,
    uart: Annotated[bool, option("the whole board, by its UART pins and the host driver; else the core alone")] = False,
    trace: Annotated[Path | None, option("write a VCD of the run, 2 MB a character", metavar="FILE")] = None,
) -> int:
    from polychron.network import load

    network = load(target.network)
    program = network.compile(board=target.board, flash=target.flash, temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
    if digits is not None:
        return _digits(program, digits, uart=uart, trace=trace)
    made = program.simulate(prompt=prompt, length=length, uart=uart, trace=trace, echo=_write, say=_say)
    print()
    return _report(made, trace=trace)


def _digits(program: "Program", count: int, *, uart: bool, trace: Path | None) -> int:
    from golden.tasks.images.digits import card_seed, holdout_digits

    network = program.network
    if network.integer.byte_symbols() is not None:
        raise ValueError(f"{network.name} is a text network: --digits needs a classifier")
    if network.inputs != DIGIT_INPUTS:
        raise ValueError(f"{network.name} has {network.inputs} inputs: --digits needs a network of {DIGIT_INPUTS}, the pixels of a digit")
    x, labels = zip(*islice(holdout_digits(card_seed(network.integer.card.get("seed", 0))), count), strict=True)
    made = program.classify(x, uart=uart, trace=trace, say=_say)
    right = sum(found == label for found, label in zip(made.classes, labels, strict=False))
    return _report(made, f"{len(made.classes)} held-out digits: {100 * right / len(made.classes):.2f} % right", trace=trace)


def _report(made: "Run", *lines: str, trace: Path | None) -> int:
    for line in (made.verdict, *lines, made.figures):
        if line:
            print(line)
    if trace:
        print(f"trace: {printable(trace)}")
    _say(f"simulated {made.clocks:,} clocks in {made.seconds:.1f} s")
    return 0 if made.equal else 1


def _write(text: str) -> None:
    sys.stdout.write(terminal_text(text, terminal=sys.stdout.isatty()))
    sys.stdout.flush()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
