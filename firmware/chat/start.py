"""The beginning on a board: the network is there, in the state of its start."""

import sys

from tqdm import tqdm

from polychron.command.target import Sampler
from polychron.command.terminal import say

from ..host.device import Device


def load(device: Device) -> None:
    """Load the network if the board runs another one, and tell what core it is."""
    size, quiet = len(device.loadable), not sys.stderr.isatty()
    with tqdm(total=size, desc="loading", unit="B", unit_scale=True, leave=False, delay=0.5, disable=quiet) as bar:
        core = device.load(progress=lambda done: bar.update(done - bar.n))
    say(str(core))


def start(device: Device, sampler: Sampler) -> None:
    """The same for a text from its beginning, with the sampler set. A network that reads no text is refused."""
    device.symbols(b"")
    load(device)
    device.set_sampler(temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
    device.reset()
