"""Command: talk to a core over a serial port, or let it check its flash.

python -m firmware.talk --port /dev/ttyUSB1 --image FILE --prompt TEXT [--count N] [--temperature T] [--k K] [--seed N]
python -m firmware.talk scrub --port /dev/ttyUSB1 [--image FILE]
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, Options, option
from polychron.command.target import EARLIEST, Sampler, text_is_drawn
from polychron.command.terminal import terminal_text

if TYPE_CHECKING:
    from .host.device import Device
    from .host.host import Counters

app = make_app(
    "talk",
    "Let a text network on a board go on from a prompt.",
    examples=[
        "polychron talk --port /dev/ttyUSB1 --image image.bin --temperature 0.5",
        "polychron talk scrub --port /dev/ttyUSB1 --image image.bin",
    ],
    config=text_is_drawn,
)


@dataclass(frozen=True, kw_only=True)
class Line(Options):
    """The way to the board."""

    port: Annotated[str, option("serial port of the board, the second one of an iCEBreaker", metavar="PORT")]
    baud: Annotated[int, option("bits a second", low=1, high=100_000_000, metavar="N")] = 1_000_000


@app.default
def write(
    line: Annotated[Line, FLAT],
    sampler: Annotated[Sampler, FLAT] = EARLIEST,
    *,
    image: Annotated[Path, option("image.bin, as a build or an export leaves it", metavar="FILE")],
    prompt: Annotated[str, option("text the network reads first", metavar="TEXT")] = "",
    count: Annotated[int, option("characters to write", low=0, high=1_000_000_000, metavar="N")] = 400,
) -> None:
    from polychron.board import connect

    with connect(line.port, image, baud=line.baud) as device:
        talk(device, sampler, prompt=prompt, count=count)


@app.command(help="Let a board check the image in its flash by its CRCs.")
def scrub(
    line: Annotated[Line, FLAT],
    *,
    image: Annotated[Path | None, option("the image that should be there, to name what is damaged", metavar="FILE")] = None,
) -> int:
    from .host.scrub import scrub
    from .host.transport import SerialTransport
    from .image.files import read_bytes

    content = None if image is None else read_bytes(image)
    with SerialTransport(line.port, baud=line.baud) as transport:
        return scrub(transport, content)


def talk(device: "Device", sampler: Sampler, *, prompt: str, count: int) -> "Counters":
    """Load, feed the prompt, write what follows as it comes; the counters of it all."""
    from golden.integer.symbols import typed_bytes

    data = typed_bytes(prompt)
    device.symbols(data)  # a byte the network can't read is told before anything is loaded
    size = len(device.loadable)
    core = device.load(
        progress=lambda done: print(f"\rloading {100 * done // size} %", end="\n" * (done == size), file=sys.stderr, flush=True)
    )
    print(f"{core}", file=sys.stderr)
    device.set_sampler(temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
    device.reset()
    begin = device.host.counters()
    device.feed(data)
    terminal = sys.stdout.isatty()
    sys.stdout.write(terminal_text(data.decode(errors="replace"), terminal=terminal))
    for text in device.generate(count):
        sys.stdout.write(terminal_text(text, terminal=terminal))
        sys.stdout.flush()
    sys.stdout.write("\n")
    steps = len(data) + count  # the core counts them in 16 bits
    used = replace(device.host.counters() - begin, steps=steps)
    clocks, beats, flash = (number / max(1, used.steps) for number in (used.clocks, used.beats, used.flash))
    each = f"{clocks:.1f} clocks and {beats:.1f} beats a step ({flash:.1f} of them from flash)"
    print(f"{used.steps} steps, {each}, {used.saturations} saturations", file=sys.stderr)
    return used


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
