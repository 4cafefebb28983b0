"""A network on the simulated core, every latency compared with golden as it is written."""

from collections.abc import Iterable, Iterator

from firmware.program import Program
from golden.network import Int16, Network
from golden.sampling import Jitter, Sampler
from hdl.params import CoreParams
from sim.compare import Comparison
from sim.core import CoreSimulation
from sim.expected import Golden

__all__ = ["CoreSession"]


class CoreSession:
    """The core with ``program`` preloaded beside the golden model of ``network``.

    ``difference``: None, or a sentence about the first latency or symbol that differs; nothing runs on after it.
    """

    def __init__(self, network: Network, program: Program, *, params: CoreParams, stall: float = 0, stall_seed: int = 1) -> None:
        jitter = None
        if program.jittered:
            assert program.jitter is not None
            jitter = Jitter(table=program.jitter, mask=program.mask)
        self.core = CoreSimulation(program, params=params, stall=stall, stall_seed=stall_seed)
        self.golden = Golden(network, program, sampler=Sampler(seed=program.seed, jitter=jitter, k=program.k))
        self.comparison = Comparison(self.golden, latencies=self.core.latencies, tables=self.core.tables)
        self.difference: str | None = None

    def close(self) -> None:
        self.core.close()

    def run(self, forced: Iterable[int | None]) -> Iterator[int]:
        """Steps of a recurrent network, as :meth:`sim.core.CoreSimulation.steps`; ends early at a difference."""
        check = self.comparison
        for symbol in self.core.steps(forced, begun=check.begin, written=check.written):
            self._judge(symbol)
            if self.difference:
                return
            yield symbol

    def classify(self, x: Int16) -> int:
        """The class of the inputs ``x`` (n - n_ref,) of a deep network."""
        check = self.comparison
        self.core.write(*self.golden.inputs(x))
        [symbol] = self.core.steps([None], begun=lambda _: check.begin(x), written=check.written)
        self._judge(symbol)
        return symbol

    def _judge(self, symbol: int) -> None:
        if self.difference is None:
            found = self.comparison.difference
            self.difference = str(found) if found else self.comparison.symbol(symbol)
