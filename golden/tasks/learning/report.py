"""What learning tells at its end, and what the network's card says of it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...integer.layer import require
from ...integer.network import Network
from ...learning.grown import GROWN, Growth
from ...learning.words import Format, Words

HELD = 0.05
"""Share of writes that a limit held from which on it is said."""

RARE = 0.5
"""Share of rows never read from which on it is said."""

ROSE = 0.05
"""Bits above the least of the run from which on it is said."""


class Part(NamedTuple):
    """A part of a network that learned."""

    name: str
    format: Format
    words: Words


def word_bytes(parts: list[Part]) -> int:
    """Of all words, without padding."""
    return sum(part.words.words.size * part.format.bits for part in parts) // 8


def told(parts: list[Part], *, symbols: int, each: str) -> tuple[str, dict[str, Any]]:
    """A line on writes, writes that a limit held, and rows read, of so many ``symbols``, ``each`` called so; and the same as figures."""
    rows = []
    for part in parts:
        writes, held = part.words.counts.tolist()
        share = float(part.words.visited.mean())
        figures = {"part": part.name, "format": part.format.name, "writes": writes, "held_at_limit": held, "rows_visited": round(share, 4)}
        rows.append(figures)
    phrases = [
        f"{row['part']} ({row['format']}) {row['writes'] / max(1, symbols):.1f} writes {each}, "
        f"{row['held_at_limit'] / max(1, row['writes']):.2%} of them held at a limit, {row['rows_visited']:.0%} of the rows visited"
        for row in rows
    ]
    return "; ".join(phrases), {"parts": rows}


def diagnosed(parts: list[Part]) -> list[str]:
    """A sentence for each part that seems wrong."""
    found = []
    for part in parts:
        writes, held = part.words.counts.tolist()
        if held > HELD * writes:
            found.append(f"{part.name}: {held / writes:.0%} of the writes were held at a limit: lower the rate, or read more bits")
        if writes and float(part.words.visited.mean()) < 1 - RARE:
            found.append(f"{part.name}: most rows were never visited: fewer anchor pairs a table would do")
    return found


def risen(curve: list[tuple[float, float]]) -> list[str]:
    """A sentence if the held-out bits at the end of a learning ``curve`` are far above its least."""
    figures = [figure for _, figure in curve]
    if not figures or figures[-1] <= min(figures) + ROSE:
        return []
    return [f"held-out bits rose from {min(figures):.2f} to {figures[-1]:.2f}: lower the rates, or end earlier"]


def learned_from(network: Network, file: Path) -> dict[str, Any]:
    """What a card says of the network that learning began with."""
    about = {"name": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    return about | {key: network.card[key] for key in ("command", "data") if key in network.card}


def first_new(network: Network) -> int:
    """The first of the output tables that the network was grown by; ``NetworkError`` where it has none."""
    growth = Growth.of(network)
    require(growth.layer == "output" and growth.tables > 0, "it was grown by no output tables, which --layers new is for")
    return network.output.n_t - growth.tables


def grown(network: Network) -> dict[str, Any]:
    """What a card keeps of the network that this one was grown from."""
    return {key: network.card[key] for key in (GROWN,) if key in network.card}


def formats(parts: list[Part]) -> Mapping[str, str]:
    """Of the words of each part, for the card."""
    return {part.name: part.format.name for part in parts}
