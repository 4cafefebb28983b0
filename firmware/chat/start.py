"""The beginning of a text on a board: the network is there, in the state of its start."""

import sys

from tqdm import tqdm

from polychron.command.target import Sampler
from polychron.command.terminal import say

from ..host.device import Device


def start(device: Device, sampler: Sampler) -> None:
    """Load the network if the board runs another one, tell what core it is, and set the sampler. One that reads no text is refused."""
    device.symbols(b"")
    size, quiet = len(device.loadable), not sys.stderr.isatty()
    with tqdm(total=size, desc="loading", unit="B", unit_scale=True, leave=False, delay=0.5, disable=quiet) as bar:
        core = device.load(progress=lambda done: bar.update(done - bar.n))
    say(str(core))
    device.set_sampler(temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
    device.reset()
