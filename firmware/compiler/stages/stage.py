"""What a network is made into: a list of stages, and the families of tables that they read.

A family is tables of one shape whose indices are made one after another, in one order, of one set of anchors or of several.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from firmware import isa
from firmware.description import StageId
from firmware.isa import Mode
from golden.integer.layer import Int8, Int16, Layer
from golden.integer.transformer.heads import Head


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """``tables``: (n_t, rows, columns). ``sources``: anchors (n_t, n_c, 2) of each part of an index, made in runs of their own.

    A layer's tables have one source; those of attention two, query and key, or one that serves as both; a token's table has none.
    ``rows``: those of a table that can be picked, None: all. ``place``: (context - 1, n_t) position bits of attention, ``place_bits`` of
    them. ``numbers``: the network's numbers of the tables.
    """

    tables: Int8
    sources: tuple[Int16, ...]
    numbers: tuple[int, ...]
    place: Int16 | None = None
    place_bits: int = 0
    rows: int | None = None

    @property
    def n_t(self) -> int:
        return self.tables.shape[0]

    @property
    def n_c(self) -> int:
        """Bits of an index."""
        return self.tables.shape[1].bit_length() - 1

    @property
    def query_bits(self) -> int:
        return self.sources[0].shape[1]

    @property
    def reach(self) -> int:
        """Rows a table of attention gives to one step at most: positions attended to."""
        return 1 if self.place is None else len(self.place)

    def index_bits(self, pairs: list[tuple[int, ...]]) -> tuple[int, ...]:
        """The network's number of each bit of the core's index, the highest first, of a table whose ``pairs`` of each source are compared
        in that order.

        A pair compared first becomes the highest bit of its source. Of attention's index the network has the position lowest, the key
        above it and the query on top; the core has the query lowest and the position on top.
        """
        if self.place is None:
            return pairs[0] if pairs else ()
        query, key = pairs[0], pairs[-1]
        p, n_k = self.place_bits, len(key)
        return (*range(p - 1, -1, -1), *(p + pair for pair in key), *(p + n_k + pair for pair in query))

    def side_words(self, order: tuple[int, ...], width: isa.Width) -> npt.NDArray[np.uint16]:
        """Position bits of the tables in ``order`` where an index has them, as side blocks: (blocks, beats, words); rings are 0."""
        assert self.place is not None
        beat = width.side_words
        words = np.zeros((isa.SIDE_BEATS, -(-self.n_t // beat) * beat), np.uint16)
        bits = self.place[:, list(order)].astype(np.uint16) << (self.n_c - self.place_bits)
        words[isa.CONTEXT : isa.CONTEXT + self.reach, : self.n_t] = bits
        return words.reshape(isa.SIDE_BEATS, -1, beat).transpose(1, 0, 2)


def layer_families(layer: Layer) -> tuple[Family, ...]:
    """The tables of a layer, those of one n_c together."""
    return tuple(Family(tables=group.tables, sources=(group.anchors,), numbers=tuple(range(group.n_t))) for group in layer.groups)


def attention_family(heads: tuple[Head, ...], *, first: int) -> Family:
    """The tables of the heads of one part; ``first``: the number of its first one, counted through all heads of the block."""
    query, key, tables = (np.concatenate([getattr(head, name) for head in heads]) for name in ("query", "key", "tables"))
    shared = all(head.shared for head in heads)
    return Family(
        tables=tables,
        sources=(query,) if shared else (query, key),
        numbers=tuple(range(first, first + len(tables))),
        place=np.concatenate([head.place for head in heads], axis=1),
        place_bits=heads[0].p,
    )


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
