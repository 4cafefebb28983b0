"""What a step of a network that reads signals takes on the UART link, as the host driver sends it, and what it would take if latencies
came with the step.

python -m benchmarks.signals.line
"""

import sys
from itertools import pairwise
from typing import Annotated, NamedTuple

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, State
from firmware.host.link import Frame, FrameReader
from firmware.host.transport import Transport
from firmware.image.image import write_image
from golden.integer.signal import SignalNetwork
from polychron.command.app import make_app, run
from polychron.command.target import BOARD
from polychron.tuning.costs import SignalInputs
from polychron.tuning.shapes import Shape

NETWORKS = {
    "a channel, 3 samples and their changes": (6, 1, 128),
    "3 channels, 3 samples, the step's number": (10, 2, 128),
    "6 channels, the step's number": (7, 4, 128),
    "12 channels": (12, 9, 128),
    "17 channels, 10 samples, the step's number": (171, 31, 112),
}
"""Inputs, outputs and tables."""

PAIRS = 6
BITS = 10
"""Of a byte on the line."""

HEAD = 3
"""Bytes of a range of latencies, if it were sent with a step: where it begins, and how many there are."""

app = make_app(
    "python -m benchmarks.signals.line",
    "Count the bytes of a step of signals on the UART link.",
    examples=["python -m benchmarks.signals.line"],
)


class Answering(Transport):
    """A board that has done whatever it is asked for. ``moved``: bytes in both directions."""

    def __init__(self) -> None:
        self.moved = 0
        self._frames = FrameReader(reply=False)
        self._there = b""

    def write(self, data: bytes) -> None:
        self.moved += len(data)
        for request in self._frames.push(data):
            self._there += Frame.answer(isa.Status.OK, self._said(request), seq=request.seq).encode()

    def _said(self, request: Frame) -> bytes:
        match isa.Command(request.code):
            case isa.Command.LOAD_BEGIN | isa.Command.LOAD:
                return bytes([State.LOADED, isa.LoadError.NONE])
            case isa.Command.STEP:
                return bytes(request.payload[0])
            case isa.Command.READ:
                return bytes(2 * request.payload[3])
            case command:
                raise ValueError(f"a step must not need {command.name}")

    def read(self, size: int, timeout: float) -> bytes:
        found, self._there = self._there[:size], self._there[size:]
        self.moved += len(found)
        return found


class Line(NamedTuple):
    """Of a step. ``copies``: latencies of the store that hold inputs. Bytes in both directions: ``written`` with the inputs, ``run`` by the
    step, ``read`` with the outputs; in all if the image's last request stepped (``stepping``), and if latencies came with the step, whose
    reply has the outputs (``together``)."""

    copies: int
    written: int
    run: int
    read: int
    stepping: int
    together: int

    @property
    def now(self) -> int:
        return self.written + self.run + self.read


def measured(network: SignalNetwork, board: boards.Board, transport: Answering) -> Line:
    """By the driver, which believes that ``transport`` leads to a board with the network."""
    device = Device(Host(transport), write_image(compile_network(network, board)))
    program, counts = device.program, [transport.moved]
    device.classify([0] * network.n_in)
    counts.append(transport.moved)
    device.host.store(program.meta.placement.output, network.n_out)
    counts.append(transport.moved)
    whole, read = counts[1] - counts[0], counts[2] - counts[1]
    step, loaded = 2 * (isa.FRAME_OVERHEAD + 1), isa.FRAME_OVERHEAD + 2
    last = program.meta.n - len(network.constants)
    places = sorted(address for copies in program.meta.placement.neurons[last - network.n_in : last] for address in copies)
    return Line(
        copies=len(places),
        written=whole - step,
        run=step,
        read=read,
        stepping=whole - (isa.FRAME_OVERHEAD + 1) - loaded + read,
        together=together(places, outputs=network.n_out),
    )


def together(places: list[int], *, outputs: int) -> int:
    """Bytes in both directions if ``places`` of the store came with the step, in ranges: a step's last frame has the symbol and the
    outputs in its reply; where a frame is full, one that only writes is before it."""
    gaps = [2 * (after - before - 1) for before, after in pairwise(places)]  # bytes
    payload = HEAD + 2 * len(places) + sum(min(HEAD, gap) for gap in gaps)
    frames = -(-payload // isa.MAX_PAYLOAD)
    return payload + HEAD * (frames - 1) + 2 * frames * isa.FRAME_OVERHEAD + 1 + 2 * outputs


@app.default
def count(*, board: Annotated[str, BOARD] = "icebreaker") -> None:
    """A line a network, of 128 tables or, of the last, 112."""
    on = boards.get(board)
    print("| a step is given | inputs | in the store | outputs | write | step | read | in all | us | LOAD that steps | together | us |")
    print("| --- " * 12 + "|")
    for name, (inputs, outputs, tables) in NETWORKS.items():
        network = SignalInputs(count=inputs, outputs=outputs, seed=0).network(Shape(tables, PAIRS, 1))
        line = measured(network, on, Answering())
        now, then = (f"{size * BITS * 1e6 / on.uart_baud:,.0f}" for size in (line.now, line.together))
        cells = (inputs, line.copies, outputs, line.written, line.run, line.read, line.now, now, line.stepping, line.together, then)
        print(f"| {name} | {' | '.join(map(str, cells))} |")


def main(argv: list[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
