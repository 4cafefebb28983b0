"""Command: talk to a core over a serial port.

python -m firmware.talk --port /dev/ttyUSB1 --image FILE --prompt TEXT [--count N] [--temperature T] [--k K] [--seed N]
"""

import argparse
import sys
from pathlib import Path

from .device import Device
from .files import read_bytes
from .host import Counters, Host
from .transport import SerialTransport, Transport

__all__ = ["main", "talk"]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 after one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="firmware.talk", description="Let a text network on a core go on from a prompt.")
    parser.add_argument("--port", required=True, help="serial port of the board, the second one of an iCEBreaker")
    parser.add_argument("--baud", type=int, default=1_000_000, help="bits a second (default: 1000000)")
    parser.add_argument("--image", type=Path, required=True, help="image.bin, as firmware.export leaves it")
    parser.add_argument("--prompt", default="", help="text the network reads first")
    parser.add_argument("--count", type=int, default=400, help="characters to write (default: 400)")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 takes the earliest spike (default), 1 samples the softmax")
    parser.add_argument("--k", type=int, default=0, help="sample among the K earliest spikes only, 1..8; 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="initial state of the core's generator, 1..4294967295")
    options = parser.parse_args(arguments)
    try:
        image = read_bytes(options.image)
        with SerialTransport(options.port, baud=options.baud) as transport:
            talk(transport, image, options)
    except ValueError as error:  # every error of ours is one, with one sentence
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    return 0


def talk(transport: Transport, image: bytes, options: argparse.Namespace) -> Counters:
    """Load, feed the prompt, write what follows as it comes; the counters of it all."""
    host = Host(transport)
    device = Device(host, image)
    prompt = options.prompt.encode()
    device.symbols(prompt)  # a byte the network can't read is told before anything is loaded
    device.load(progress=lambda done: print(f"\rloading {100 * done // len(image)} %", end="", file=sys.stderr, flush=True))
    print(file=sys.stderr)
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
        f"{used.steps} steps, {used.clocks / max(1, used.steps):.1f} clocks and {used.beats / max(1, used.steps):.1f} beats a step,"
        f" {used.saturations} saturations",
        file=sys.stderr,
    )
    return used


if __name__ == "__main__":
    sys.exit(main())
