"""A board that learns what is typed: how well it foresaw each line, and the network that it has become."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from golden.integer.file import save_network
from golden.integer.network import Network
from golden.integer.stream import surprise
from polychron.command.target import MAX_SEED, Sampler

from ..host.device import Device
from ..learned import with_learned
from ..learning import Learning
from .start import read_tables
from .usage import COUNTED, Usage, Written

ENDS = 100
"""Characters at the beginning of a conversation, and at its end so far, that are compared."""


class Learner:
    """What the board behind ``device`` makes of what it reads. ``network``: what its image was compiled of; ``step``: by which a write
    changes an entry."""

    def __init__(self, device: Device, network: Network, *, step: int = 1) -> None:
        self._device, self._network = device, network
        self._learning = Learning(step=step)
        self._read = 0
        self._first: list[float] = []
        self._last: deque[float] = deque(maxlen=ENDS)
        self._written: Written | None = None

    def read(self, symbols: Sequence[int], *, sampler: Sampler, usage: Usage, stop: threading.Event) -> float | None:
        """The network reads and learns ``symbols``, one at a time, until ``stop`` is set; the bits of one of them, in the mean.

        It learns from what its sampler draws at temperature 1, and goes on as ``sampler`` says: another seed each time, so that its answers
        are not drawn alike.
        """
        device = self._device
        self._seeded(replace(sampler, temperature=1.0, k=0, greedy=False))
        found: list[float] = []
        self._written = self._written or Written(device.host)
        device.learn(self._learning)
        try:
            for symbol in symbols:
                if stop.is_set():
                    break
                found.append(self._step(symbol))
                if len(found) % COUNTED == 0:
                    self._written.update()
        finally:
            device.learn(None)
        usage.update(len(found))
        self._written.update()
        self._seeded(sampler)
        self._first += found[: ENDS - len(self._first)]
        self._last += found
        self._read += len(found)
        return float(np.mean(found)) if found else None

    def _seeded(self, sampler: Sampler) -> None:
        seed = (sampler.seed + self._read - 1) % MAX_SEED + 1
        self._device.set_sampler(temperature=sampler.temperature, k=sampler.k, seed=seed)

    def _step(self, symbol: int) -> float:
        """Bits of the symbol, by the outputs that the core had for it."""
        meta, host = self._device.program.meta, self._device.host
        host.feed([symbol])
        outputs = np.array([host.store(meta.placement.output, meta.n_out)], np.int16)
        return float(surprise(np.array([symbol]), outputs, out_frac=meta.out_frac)[0])

    def told(self, bits: float) -> str:
        """A line about a line of so many bits a character."""
        text = f"learned: {bits:.2f} bits a character"
        if self._read >= 2 * ENDS:
            text += f"; the first {ENDS} took {np.mean(self._first):.2f}, the last {np.mean(self._last):.2f}"
        return text

    @property
    def stats(self) -> str:
        """What the board has written so far."""
        return str(self._written or "nothing yet")

    def save(self, path: Path) -> None:
        """Write the network as it is now."""
        found = with_learned(self._network, self._device.program, read_tables(self._device))
        about = {"from": self._device.program.meta.name, "characters": self._read, "step": self._learning.step}
        kept = {key: value for key, value in found.card.items() if key not in ("figures", "command")}
        save_network(replace(found, card=kept | {"learned": about}), path)
