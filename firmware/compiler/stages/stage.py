"""The stage: one element of the list that a network is made into."""

from dataclasses import dataclass
from typing import Literal

from firmware.description import StageId
from firmware.isa import Mode
from golden.integer.layer import Layer

from .families import Family, layer_families


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """Runs of one ``mode`` with the tables of ``families``.

    Modes ROWS and ATTEND: rows added into one region. QUERY and KEY: indices of ``families``, source number ``source`` of each.
    ANCHORS: no family.
    ``region``: "state" or "output". ``first``: starts from zero. ``last``: writes back with ``shift`` and, if set, ``residual``.
    ``token``: the index is the step's symbol; the stage is then one table without anchors.
    """

    id: StageId
    families: tuple[Family, ...] = ()
    mode: Mode = Mode.ROWS
    bits: int = 8
    region: Literal["state", "output"] = "state"
    source: int = 0
    shift: int = 0
    sync: bool = False
    token: bool = False
    first: bool = False
    last: bool = False
    residual: bool = False
    sort: bool = False

    @property
    def block(self) -> int | None:
        """Of a transformer, the number of the block that it belongs to."""
        return self.id.block

    @property
    def same_words(self) -> bool:
        """Whether a key run takes the anchor words of the query run before it."""
        return self.mode == Mode.KEY and all(len(family.sources) == 1 for family in self.families)

    @property
    def reads(self) -> bool:
        """Whether it reads rows of tables."""
        return self.mode in (Mode.ROWS, Mode.ATTEND)


def layer_stage(stage: StageId, layer: Layer) -> Stage:
    """A layer on top of the state it reads: n to n, with residual."""
    return Stage(
        id=stage,
        families=layer_families(layer),
        bits=layer.bits,
        shift=layer.shift,
        sync=True,
        first=True,
        last=True,
        residual=True,
    )
