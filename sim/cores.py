"""Command: texts on all cores of a simulated board at the same time, every latency compared with the golden model; how fast they are.

python -m sim.cores [--board ulx3s_85f_two] [--network NAME] [--prompt TEXT] [--length N] [--temperature T | --greedy] [--k K] [--seed N]
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, option
from polychron.command.target import BOARD, EARLIEST, NetworkOnBoard, Sampler, text_is_drawn
from polychron.command.terminal import printable, say

app = make_app(
    "python -m sim.cores",
    "Write a text on each core of a simulated board at the same time, beside golden models, and tell how fast they are.",
    examples=["python -m sim.cores --board ulx3s_85f_two --length 254"],
    config=[text_is_drawn],
)


@dataclass(frozen=True, kw_only=True)
class Cores(NetworkOnBoard):
    """A board with several, unless another is named."""

    board: Annotated[str, BOARD] = "ulx3s_85f_two"


DEFAULT = Cores()


@app.default
def write(
    target: Annotated[Cores, FLAT] = DEFAULT,
    sampler: Annotated[Sampler, FLAT] = EARLIEST,
    *,
    prompt: Annotated[str, option("text that each reads first", metavar="TEXT")] = "First Citizen:",
    length: Annotated[int, option("characters that each writes", low=1, high=60_000, metavar="N")] = 254,
    json: Json = False,
) -> int:
    from golden.integer.symbols import TextDecoder, encode, typed_bytes
    from polychron.network import load
    from sim.compiled.build import telling
    from sim.machines.cores import CoresSession

    found = load(target.network)
    program = found.compile(board=target.board, temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
    board, symbols = program.board, found.integer.byte_symbols()
    if symbols is None:
        raise ValueError(f"{found.name} has no symbols: it reads no text")
    with reported(json) as figures:
        with telling(say):
            session = CoresSession(found.integer, program.code, board=board)
        try:
            session.feed_all([encode(symbols, typed_bytes(prompt)).tolist()] * board.cores)
            before = session.clocks
            texts = session.step_all(length)
            together, before = session.clocks - before, session.clocks
            session.step(length)
            alone = session.clocks - before
        finally:
            session.close()
        for core, chosen in enumerate(texts):
            decoder = TextDecoder(symbols)
            print(f"core {core}: {printable(prompt + decoder.text(chosen) + decoder.end())}")
        if session.difference:
            print(f"DIFFERENT from the golden model: {session.difference}")
            return 1
        rates = {"together": round(board.cores * length * board.clock_hz / together), "alone": round(length * board.clock_hz / alone)}
        print(f"equal to the golden models: {session.compared:,} latencies and every symbol")
        print(f"{board.cores} cores, {length} characters each: {together:,} clocks, {rates['together']:,} characters a second in all")
        print(f"core 0 alone, {length} characters: {alone:,} clocks, {rates['alone']:,} characters a second")
        figures |= {"cores": board.cores, "steps": length, "compared": session.compared, "clocks": together, "clocks_alone": alone}
        figures |= {"steps_per_second": rates["together"], "steps_per_second_alone": rates["alone"]}
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
