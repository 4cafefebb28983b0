"""Prompts unlike all training programs, told by the rows that they read: rows that training seldom or never visited."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from polychron.system.progress import under_way

from ....compiled.reads import reads
from ....integer.network import TextNetwork
from ....integer.recurrent import RecurrentNetwork
from ....integer.symbols import Symbols, encode
from ....integer.transformer import TransformerNetwork
from ....programs.answers import PRIMER
from ....programs.options import WorldError
from ...tables.anomaly import with_interval
from ..evaluation import Part, parts
from .plain import Pairs
from .visits import Studied, Visits
from .votes import OUTPUT

NORMAL = "held"
MANY = np.iinfo(np.int64).max


@dataclass(frozen=True, kw_only=True)
class Rarest:
    """Of the rows that a prompt reads in a ``part`` of a network, the one that training visited least: its ``visits``, its ``layer`` and
    its number through all tables of it. It was read after the token of the prompt at ``at``, from 0; by attention that looked at the one
    at ``before``, else None.
    """

    part: str
    layer: str
    row: int
    visits: int
    at: int
    before: int | None


class _Read(NamedTuple):
    """``rows`` (tokens, reads) of a layer after each token of a prompt; ``reach``: the tokens that it looks back, 0: a plain layer."""

    layer: str
    rows: npt.NDArray[np.int32]
    reach: int


def rarest(studied: Studied, visits: Visits, prompt: bytes) -> list[Rarest]:
    """The rarest row of each part: the attention of a block, or another layer, the output apart. ``prompt``, which has at least one token,
    is read after the primer; attention counts where both tokens are of the prompt, for what stood before a program says nothing of it, and
    is left out where no read is such a one: of a prompt of one token.
    """
    if not prompt:
        raise WorldError("an empty prompt reads no row: give it at least one token")
    found: dict[str, Rarest] = {}
    for layer, rows, reach in _reads(studied.network, encode(studied.names, PRIMER + prompt)):
        own = rows[len(PRIMER) :]
        seen = np.where(own >= 0, visits.totals[layer][own], MANY)
        if reach:
            inside = np.arange(len(own))[:, None] > np.repeat(np.arange(reach), own.shape[1] // reach)
            seen = np.where(inside, seen, MANY)
        at, read = (int(place) for place in np.unravel_index(int(seen.argmin()), seen.shape))
        if seen[at, read] == MANY:
            continue
        before = at - 1 - read // (own.shape[1] // reach) if reach else None
        part = layer.rsplit(".", 1)[0] if reach else layer
        one = Rarest(part=part, layer=layer, row=int(own[at, read]), visits=int(seen[at, read]), at=at, before=before)
        if part not in found or one.visits < found[part].visits:
            found[part] = one
    return sorted(found.values(), key=lambda one: one.part)


def _reads(network: TextNetwork, symbols: Symbols) -> Iterator[_Read]:
    """Of every layer but the output. A recurrent network reads from what a token left behind when the next one is taken: any."""
    late = isinstance(network, RecurrentNetwork)
    for layer, _, rows in reads(network, np.append(symbols, symbols[-1:])):
        if layer != OUTPUT:
            reach = network.context - 1 if isinstance(network, TransformerNetwork) and ".heads." in layer else 0
            yield _Read(layer, rows[1:] if late else rows[:-1], reach)


class Areas(NamedTuple):
    """Rows for each split and family: of the ``parts`` of a network, and ``plain`` ones, of what needs no network."""

    parts: list[dict[str, Any]]
    plain: list[dict[str, Any]]


def novelty(studied: Studied, visits: Visits, *, count: int) -> Areas:
    """How well the visits of the rarest row tell each split from held-out programs of the training's distribution, ``count`` prompts of
    each family: a row for each part of the network, split and family (``all``: together) with the area under the ROC curve. Beside
    them, of the same prompts, the same by the rarest pair of tokens (:class:`.plain.Pairs`) and by the length, the longer, the newer.
    """
    rows, tokens, length = _Scores(), _Scores(), _Scores()
    pairs = Pairs.of(studied)
    with under_way("reading prompts") as phase:
        for part in parts(studied.training, count=count):
            phase(f"{part.family} of {part.split}")
            for prompt in part.prompts:
                for one in rarest(studied, visits, prompt):
                    rows.add(one.part, part, one.visits)
                rarest_pair = pairs.rarest(prompt)
                if rarest_pair is not None:
                    tokens.add("two tokens", part, rarest_pair)
                length.add("length", part, -len(prompt))
    return Areas(parts=rows.areas(), plain=tokens.areas() + length.areas(visits=False))


class _Scores:
    """Scores of prompts, the lower, the newer, by what gave them, split and family."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], list[int]] = {}

    def add(self, name: str, part: Part, score: int) -> None:
        for family in (part.family, "all"):
            self._found.setdefault((name, part.split, family), []).append(score)

    def areas(self, *, visits: bool = True) -> list[dict[str, Any]]:
        """Rows; of scores that are no ``visits`` nothing was never visited."""
        rows = []
        for (name, split, family), found in self._found.items():
            if split != NORMAL:
                own, normal = np.array(found), np.array(self._found[name, NORMAL, "all"])
                shares = {"never_visited": own, "never_visited_held": normal}
                never = {key: float(np.mean(some == 0)) if visits else None for key, some in shares.items()}
                area = with_interval(-own.astype(float), -normal.astype(float))
                rows.append({"part": name, "split": split, "family": family, "programs": len(found), **area, **never})
        return sorted(rows, key=lambda row: (row["part"], row["split"], row["family"] != "all", row["family"]))
