"""The beginning on a board: the network is there, in the state of its start."""

from collections.abc import Callable

from polychron.command.target import Sampler
from polychron.command.terminal import say
from polychron.system.progress import bar

from ..host.device import Device
from ..host.host import Hello
from ..program import Placed

Begin = Callable[[Device, Sampler], None]
"""What :func:`start` does."""


def load(device: Device, *, keep: bool = False) -> Hello:
    """Load the network if the board runs another one, and tell what core it is; ``keep`` as :meth:`Device.load` takes it."""
    with bar(len(device.loadable), desc="loading", unit="B", unit_scale=True, delay=0.5) as line:
        core = device.load(keep=keep, progress=lambda done: line.update(done - line.n))
    say(str(core))
    if device.guessed:
        say("the image is of version 1: of the tables in the flash only the number of sections was compared")
    return core


def read_tables(device: Device) -> tuple[Placed, ...]:
    """:meth:`Device.tables`, with a bar."""
    whole = sum(len(piece.data) for piece in device.program.tables if piece.tier == 0)
    with bar(whole, desc="reading the tables", unit="B", unit_scale=True, delay=0.5) as line:
        return device.tables(progress=lambda done: line.update(done - line.n))


def start(device: Device, sampler: Sampler, *, keep: bool = False) -> None:
    """The same for a text from its beginning, with the sampler set. A network that reads no text is refused."""
    device.symbols(b"")
    load(device, keep=keep)
    device.set_sampler(temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
    device.reset()
