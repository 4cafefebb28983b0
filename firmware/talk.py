"""Command: talk to a core over a serial port, or let it check its flash.

python -m firmware.talk --port /dev/ttyUSB1 --image FILE --prompt TEXT [--count N] [--temperature T] [--k K] [--seed N]
python -m firmware.talk scrub --port /dev/ttyUSB1 [--image FILE]
"""

import argparse
import sys
from pathlib import Path

from .host.device import Device
from .host.host import Counters, Host
from .host.scrub import scrub
from .host.transport import SerialTransport, Transport
from .image.files import read_bytes

__all__ = ["main", "talk"]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, 1 after a scrub that found damage, 130 after Ctrl-C, or 2 after one sentence on standard error."""
    arguments = sys.argv[1:] if arguments is None else arguments
    checking = arguments[:1] == ["scrub"]
    options = _scrub_options(arguments[1:]) if checking else _talk_options(arguments)
    try:
        image = None if options.image is None else read_bytes(options.image)
        with SerialTransport(options.port, baud=options.baud) as transport:
            if checking:
                return scrub(transport, image)
            assert image is not None
            talk(transport, image, options)
    except ValueError as error:  # every error of ours is one, with one sentence
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    return 0


def _talk_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="firmware.talk",
        description="Let a text network on a core go on from a prompt.",
        epilog="firmware.talk scrub --port PORT [--image FILE] checks the core's flash instead.",
    )
    _line_options(parser)
    parser.add_argument("--image", type=Path, required=True, help="image.bin, as firmware.export leaves it")
    parser.add_argument("--prompt", default="", help="text the network reads first")
    parser.add_argument("--count", type=int, default=400, help="characters to write (default: 400)")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 takes the earliest spike (default), 1 samples the softmax")
    parser.add_argument("--k", type=int, default=0, help="sample among the K earliest spikes only, 1..8; 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="initial state of the core's generator, 1..4294967295")
    return parser.parse_args(arguments)


def _scrub_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="firmware.talk scrub", description="Let a core check the image in its flash by its CRCs.")
    _line_options(parser)
    parser.add_argument("--image", type=Path, help="the image that should be there, to name what is damaged")
    return parser.parse_args(arguments)


def _line_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", required=True, help="serial port of the board, the second one of an iCEBreaker")
    parser.add_argument("--baud", type=int, default=1_000_000, help="bits a second (default: 1000000)")


def talk(transport: Transport, image: bytes, options: argparse.Namespace) -> Counters:
    """Load, feed the prompt, write what follows as it comes; the counters of it all."""
    host = Host(transport)
    device = Device(host, image)
    prompt = options.prompt.encode()
    device.symbols(prompt)  # a byte the network can't read is told before anything is loaded
    size = len(device.loadable)
    core = device.load(progress=lambda done: print(f"\rloading {100 * done // size} %", end="", file=sys.stderr, flush=True))
    print(f"\n{core}", file=sys.stderr)
    device.set_sampler(temperature=options.temperature, k=options.k, seed=options.seed)
    device.reset()
    begin = host.counters()
    device.feed(prompt)
    sys.stdout.write(options.prompt)
    for text in device.generate(options.count):
        sys.stdout.write(text.decode("latin-1"))
        sys.stdout.flush()
    sys.stdout.write("\n")
    used = host.counters() - begin
    print(
        f"{used.steps} steps, {used.clocks / max(1, used.steps):.1f} clocks and {used.beats / max(1, used.steps):.1f} beats a step"
        f" ({used.flash / max(1, used.steps):.1f} of them from flash), {used.saturations} saturations",
        file=sys.stderr,
    )
    return used


if __name__ == "__main__":
    sys.exit(main())
