"""How a network of one LUT layer is shaped and fitted."""

from dataclasses import dataclass, field
from typing import Literal

from .aims import SOFTMAX, Aim

ChosenBy = Literal["gain", "random", "covering"]
MAX_OUTPUTS = 256  # outputs that the core's sorter reads
MAX_INPUTS = 32_000  # a network numbers its neurons, references among them, with 15 bits


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How tables are grown.

    ``pool``: pairs tried for each choice; ``rows``: samples looked at for each table; both drawn anew.
    ``shrink``: the part of a table's Newton step that is taken; ``l2``: added to each row's curvature.
    ``ref_share``: part of the pool that compares an input with a reference neuron, where there are any. ``aim``: what for.
    """

    pool: int = 1000
    rows: int = 3000
    shrink: float = 0.3
    l2: float = 1.0
    ref_share: float = 0.25
    aim: Aim = SOFTMAX


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Shape and training of a network.

    ``n_t`` tables of ``n_c`` pairs. ``constants``: latencies of the reference neurons. ``frac``: one unit of input latency is 2**-frac.
    ``views``: how many views of the training samples growing looks at.
    ``epochs`` of joint fitting in float, then ``rounded_epochs`` with rounded tables at ``rounded_rate``.
    """

    n_t: int
    n_c: int
    anchors: ChosenBy = "gain"
    constants: tuple[int, ...] = ()
    frac: int = 0
    growth: Growth = field(default_factory=Growth)
    views: int = 1
    epochs: int = 100
    rounded_epochs: int = 40
    rate: float = 0.02
    rounded_rate: float = 0.006
    batch: int = 128
    jitter: float = 0.3
    drop: float = 0.1

    @property
    def pairs(self) -> int:
        return self.n_t * self.n_c

    @property
    def steps(self) -> int:
        """Calls of ``tick`` in a whole training."""
        return (self.n_t if self.anchors == "gain" else 0) + self.epochs + self.rounded_epochs
