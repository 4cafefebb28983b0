"""Command: compare a board with the golden model, latency by latency.

python -m firmware.selftest [--port PORT] [--board NAME] [--network NAME] [--vectors N] [--seed N]
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, option
from polychron.command.ports import ASKED, Line
from polychron.command.target import MAX_SEED
from polychron.command.terminal import printable, say

if TYPE_CHECKING:
    from polychron.network import Network
    from sim.selftest.selftest import Outcome

app = make_app(
    "selftest",
    "Let a board run networks, and compare every latency and every byte of the tables on chip with the golden model.",
    examples=["polychron selftest --port /dev/ttyUSB1", "polychron selftest --port simulated --network shakespeare --vectors 8"],
)

NETWORKS = ("shakespeare", "digits", "transformer")
ONE = f"a network file, or one that ships; left out: {', '.join(NETWORKS)}"
TEMPERATURE = 0.7  # so that the generator and the jitter table are tested too


@app.default
def selftest(
    line: Annotated[Line, FLAT] = ASKED,
    *,
    network: Annotated[str | None, option(ONE, metavar="NAME")] = None,
    vectors: Annotated[int, option("steps of each op", low=1, high=10_000, metavar="N")] = 32,
    seed: Annotated[int, option("what the vectors are drawn from", low=1, high=MAX_SEED, metavar="N")] = 1,
    json: Json = False,
) -> int:
    from polychron.network import load
    from sim.compiled.build import telling

    networks = [load(name) for name in (NETWORKS if network is None else [network])]
    with telling(say), reported(json) as figures:
        port = line.chosen()
        figures |= {"board": line.board, "vectors": vectors, "seed": seed, "equal": True, "networks": []}
        for one in networks:
            outcome = _test(one, port=port, baud=line.baud, board=line.board, vectors=vectors, seed=seed)
            print(f"{printable(one.name)}: {outcome}", flush=True)
            figures["networks"].append({"network": one.name} | outcome.figures)
            figures["equal"] &= outcome.equal
    return 0 if figures["equal"] else 1


def _test(network: "Network", *, port: str, baud: int | None, board: str, vectors: int, seed: int) -> "Outcome":
    from polychron.board import connect
    from polychron.system.progress import bar
    from sim.selftest.selftest import SelfTest

    from .chat.start import load

    reads_text = network.integer.byte_symbols() is not None
    program = network.compile(board=board, temperature=TEMPERATURE if reads_text else 0.0, seed=seed)
    with connect(port, program.image, baud=baud, board=board) as device:
        load(device)
        test = SelfTest(device, network.integer, program.code, vectors=vectors, seed=seed)
        with bar(test.steps, desc=network.name, unit="step") as line:
            return test.run(progress=lambda done: line.update(done - line.n))


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
