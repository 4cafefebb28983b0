"""What a network writes, on a terminal or into a file, as it comes."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from golden.integer.symbols import typed_bytes
from polychron.command.target import Sampler
from polychron.command.terminal import show, showing

from ..host.device import Device
from ..isa import MAX_PAYLOAD
from .start import Begin, start
from .usage import Usage

PART = 4096  # characters between two looks at the counters


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """The event is set by the first Ctrl-C while it is entered; a second one does what it did before."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()

    signal.signal(signal.SIGINT, first)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def read(device: Device, symbols: Sequence[int], *, usage: Usage, stop: threading.Event | None = None) -> None:
    """The network reads ``symbols``, a part at a time, until ``stop`` is set."""
    for at in range(0, len(symbols), MAX_PAYLOAD):
        if stop and stop.is_set():
            return
        part = symbols[at : at + MAX_PAYLOAD]
        device.host.feed(part)
        usage.update(len(part))


def go_on(device: Device, count: int, *, usage: Usage, stop: threading.Event | None = None, echo: Callable[[str], None] = show) -> str:
    """``count`` characters of the network's own go to ``echo`` as they come, fewer if ``stop`` is set meanwhile; the last one, or "".

    The core is between two steps afterwards, so that its state is that of the text.
    """
    last, taken = "", 0
    if stop and stop.is_set():
        return last
    for chosen, text in device.parts(count):
        echo(text)
        last, taken = text[-1:] or last, taken + chosen
        if taken >= PART or (stop and stop.is_set()):
            usage.update(taken)
            taken = 0
        if stop and stop.is_set():
            break
    usage.update(taken)
    return last


def write(device: Device, sampler: Sampler, *, prompt: str, count: int, kept: list[str] | None = None, begin: Begin = start) -> Usage:
    """A text from its beginning, as ``begin`` has it: ``prompt`` and ``count`` characters more are shown as they come, and kept too. What
    it took."""
    data = typed_bytes(prompt)
    symbols = device.symbols(data)  # a byte the network can't read is told before anything is loaded
    begin(device, sampler)
    usage = Usage(device.host)
    with showing() as echo:

        def take(text: str) -> None:
            echo(text)
            if kept is not None:
                kept.append(text)

        read(device, symbols, usage=usage)
        take(data.decode(errors="replace"))
        go_on(device, count, usage=usage, echo=take)
    show("\n")
    return usage
