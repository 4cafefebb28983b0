"""Trained networks made larger, their outputs unchanged to the bit, and made as they were again (Spiking Manifesto, VIII-J).

What was added stands on the card under ``grown`` (docs/reference/golden.md), with the network that it was added to.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ..integer.file import file_bytes
from ..integer.layer import MAX_NC, MAX_SHIFT, Int16, Layer, TableGroup, require
from ..integer.network import Network
from ..integer.source import typed

GROWN = "grown"
"""The key on a network's card."""


def with_tables(layer: Layer, anchors: Int16) -> Layer:
    """``layer`` and new tables with these pairs (tables, n_c, 2), all rows zero: the last group ("n_t + 1")."""
    n_t, n_c, _ = anchors.shape
    tables = np.zeros((n_t, 1 << n_c, layer.n_out), np.int8)
    return replace(layer, groups=(*layer.groups, TableGroup(anchors=anchors, tables=tables)))


def with_pairs(layer: Layer, anchors: Int16) -> Layer:
    """``layer`` with more pairs in each of its tables, (n_t, more, 2), as the highest bits of its index; rows are copied for all their
    values ("n_c + 1")."""
    groups, first = [], 0
    for group in layer.groups:
        more = anchors[first : first + group.n_t]
        pairs = np.concatenate([group.anchors, more], axis=1)
        require(pairs.shape[1] <= MAX_NC, f"a table has at most {MAX_NC} pairs, and would have {pairs.shape[1]}")
        groups.append(TableGroup(anchors=pairs, tables=np.tile(group.tables, (1, 1 << more.shape[1], 1))))
        first += group.n_t
    return replace(layer, groups=tuple(groups))


def with_finer(layer: Layer) -> Layer:
    """``layer`` with int8 entries in place of int4 ones, which have its shift in them: a step of one entry changes a latency by less."""
    require(layer.bits == 4, f"entries can be made finer where they have 4 bits, not {layer.bits}")
    require(layer.shift > 0, "entries can be made finer where their sums are shifted at write-back, and these are not")
    groups = tuple(TableGroup(anchors=group.anchors, tables=group.tables << layer.shift) for group in layer.groups)
    return Layer(groups=groups, bits=8, shift=0)


def _without(layer: Layer, growth: "Growth") -> Layer:
    """The layer that :func:`with_finer`, then :func:`with_pairs` and then :func:`with_tables` were given, if its rows were left alone."""
    groups = layer.groups[:-1] if growth.tables else layer.groups
    return Layer(
        groups=tuple(
            TableGroup(
                anchors=group.anchors[:, : group.n_c - growth.pairs],
                tables=group.tables[:, : 1 << group.n_c >> growth.pairs] >> growth.finer,
            )
            for group in groups
        ),
        bits=4 if growth.finer else layer.bits,
        shift=growth.finer or layer.shift,
    )


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What a network has more than the one that it was grown from.

    ``layer``: of which; ``tables``: new ones, its last group; ``pairs``: more in each of the others; ``finer``: the shift that int8 entries
    have in them which were int4 ones, 0 where they are as they were. ``name``: of the old file;
    ``sha256``: of the old network's :func:`~golden.integer.file.file_bytes`; ``card``: its card.
    """

    layer: str
    tables: int
    pairs: int
    finer: int
    name: str
    sha256: str
    card: dict[str, Any]

    def entry(self) -> dict[str, Any]:
        """For the card of the larger network."""
        origin = {"name": self.name, "sha256": self.sha256, "card": self.card}
        return {GROWN: {"layer": self.layer, "tables": self.tables, "pairs": self.pairs, "finer": self.finer, "from": origin}}

    @classmethod
    def of(cls, network: Network) -> Self:
        """What the card says; ``NetworkError`` where it says nothing, or nothing that can be."""
        require(GROWN in network.card, "the network was not grown from another one: its card has no grown")
        values = typed(network.card, GROWN, dict)
        origin = typed(values, "from", dict)
        sizes = {name: typed({name: 0} | values, name, int) for name in ("tables", "pairs", "finer")}
        texts = {name: typed(origin, name, str) for name in ("name", "sha256")}
        found = cls(layer=typed(values, "layer", str), card=typed(origin, "card", dict), **sizes, **texts)
        layer = network.layers().get(found.layer)
        groups = () if layer is None else layer.groups[:-1] if found.tables else layer.groups
        good = bool(groups) and layer is not None and found.tables in (0, layer.groups[-1].n_t)
        good = good and all(0 <= found.pairs < group.n_c for group in groups) and 0 <= found.finer <= MAX_SHIFT
        require(good, f"the card says {found.tables} new tables and {found.pairs} more pairs in {found.layer:.60}, and there are none such")
        return found


def grow(network: Network, *, layer: str, tables: Int16 | None, pairs: Int16 | None, finer: bool = False, name: str) -> Network:
    """``network``, of the file ``name``, with finer entries and more pairs in the tables of a layer and with new tables in it, anchors as
    :func:`with_pairs` and :func:`with_tables` take them. Its outputs are those of ``network``."""
    layers = network.layers()
    require(layer in layers, f"there is no layer {layer!r:.60}: it must be one of {', '.join(layers)}")
    found = layers[layer]
    shift = found.shift if finer else 0
    if finer:
        require(layer == "output", f"finer entries are for the output layer, not for {layer}")
        found = with_finer(found)
    if pairs is not None:
        found = with_pairs(found, pairs)
    if tables is not None:
        found = with_tables(found, tables)
    growth = Growth(
        layer=layer,
        tables=0 if tables is None else len(tables),
        pairs=0 if pairs is None else pairs.shape[1],
        finer=shift,
        name=name,
        sha256=digest(network),
        card=network.card,
    )
    return replace(network.with_layers(layers | {layer: found}), card=network.card | growth.entry()).validate()


def original(network: Network) -> Network:
    """The network that ``network`` was grown from, to the bit; ``NetworkError`` where more than its new tables was changed since."""
    growth = Growth.of(network)
    layers = network.layers()
    kept = layers[growth.layer].groups[:-1] if growth.tables else layers[growth.layer].groups
    exact = not any((group.tables & (1 << growth.finer) - 1).any() for group in kept)
    layers[growth.layer] = _without(layers[growth.layer], growth)
    found = replace(network.with_layers(layers), card=growth.card)
    changed = f"more than its new tables was changed since the network was grown: {growth.name:.60} can't be had back from it"
    require(exact and digest(found) == growth.sha256, changed)
    return found


def digest(network: Network) -> str:
    """SHA-256 of the file that ``network`` alone makes."""
    return hashlib.sha256(file_bytes(network)).hexdigest()
