"""Which training programs read which rows of a network: counts by family, and some examples of each row; and the file of them."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from polychron.command.terminal import printable
from polychron.system.files import check_input, write_whole
from polychron.system.progress import under_way

from ....compiled.reads import reads, row_counts
from ....compiled.visits import count_visits
from ....integer.file import file_bytes, load
from ....integer.layer import NetworkError
from ....integer.network import TextNetwork
from ....integer.shipped import find_network
from ....integer.stream import text_network
from ....integer.symbols import Symbols, encode
from ....programs.templates import FAMILIES
from ....programs.training_set import TrainingSet

EXAMPLES = 8  # of each row
KEY = "polychron-visits"
VERSION = 1
NOTHING: npt.NDArray[Any] = np.zeros(0, np.int8)

Counts = npt.NDArray[np.uint32]
Examples = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Studied:
    """A network of programs and its training set."""

    network: TextNetwork
    names: tuple[int, ...]
    training: TrainingSet

    @cached_property
    def symbols(self) -> Symbols:
        """All training lines, one after another."""
        return encode(self.names, self.training.lines.data())

    @cached_property
    def owners(self) -> npt.NDArray[np.int32]:
        """The training line of each symbol."""
        lines = self.training.lines
        return np.repeat(np.arange(len(lines), dtype=np.int32), np.diff(lines.written.ends))

    @property
    def sha256(self) -> str:
        """Of the network's file."""
        return hashlib.sha256(file_bytes(self.network)).hexdigest()


def study(name: str) -> Studied:
    """A network by the name or the file that ``--network`` takes; ``NetworkError`` or ``WorldError`` if it is none of programs."""
    network, names = text_network(load(find_network(name)))
    with under_way("making the training set anew"):
        training = TrainingSet.of_card(network.card.get("data"))
        encode(names, training.lines.data()[:1])
    return Studied(network=network, names=names, training=training)


@dataclass(frozen=True, kw_only=True)
class Visits:
    """Of each layer's rows, numbered through all of its tables: ``counts`` (rows, families) of visits, and ``examples`` (rows, k) of
    visitors, drawn evenly from all visits, as training lines, -1: none.
    """

    counts: dict[str, Counts]
    examples: dict[str, Examples]

    @cached_property
    def totals(self) -> dict[str, npt.NDArray[np.int64]]:
        """(rows,) visits by all families, of each layer."""
        return {layer: counts.sum(axis=1, dtype=np.int64) for layer, counts in self.counts.items()}

    def lines(self, layer: str, row: int) -> list[int]:
        """The examples of a row, none twice."""
        return sorted({line for line in self.examples[layer][row].tolist() if line >= 0})

    def families(self, layer: str, row: int) -> dict[str, int]:
        """The visits of a row by family, those of families that were there."""
        return {FAMILIES[family]: count for family, count in enumerate(self.counts[layer][row].tolist()) if count}


def visits_of(studied: Studied, *, examples: int = EXAMPLES, seed: int = 0) -> Visits:
    """The visits of the whole training set, read once from the empty state by the finished network."""
    sizes = row_counts(studied.network)
    counts = {name: np.zeros((rows, len(FAMILIES)), np.uint32) for name, rows in sizes.items()}
    drawn = {name: np.full((rows, examples), -1, np.int32) for name, rows in sizes.items()}
    families = studied.training.lines.families
    with under_way("reading the training set"):
        for layer, start, rows in reads(studied.network, studied.symbols):
            owners = studied.owners[start : start + len(rows)]
            count_visits(rows, owners, families, seed, counts[layer], drawn[layer])
    return Visits(counts=counts, examples=drawn)


def visits_path(network: str) -> Path:
    """Where the visits of a network lie if no other file is named: beside it."""
    path = find_network(network)
    return path.with_name(f"{path.stem}.visits")


def save_visits(visits: Visits, studied: Studied, path: Path) -> None:
    """Write them, as safetensors; the same visits give the same bytes."""
    arrays: dict[str, npt.NDArray[Any]] = {f"{layer}.counts": array for layer, array in visits.counts.items()}
    arrays |= {f"{layer}.examples": array for layer, array in visits.examples.items()}
    header = {"version": VERSION, "network": studied.sha256, "families": FAMILIES}
    write_whole({path: save(arrays, metadata={KEY: json.dumps(header, sort_keys=True)})})


def load_visits(path: Path, studied: Studied) -> Visits:
    """Read them; what is no such file, or of another network, is a ``NetworkError``."""
    try:
        check_input(path)
        with safe_open(str(path), framework="numpy") as file:
            header = json.loads((file.metadata() or {}).get(KEY, "null"))
            arrays: dict[str, npt.NDArray[Any]] = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise NetworkError(f"{printable(path)}: not a file of visits, or damaged: {error!s:.200}") from None
    wanted = {"version": VERSION, "network": studied.sha256, "families": list(FAMILIES)}
    if header != wanted:
        raise NetworkError(f"{printable(path)}: its visits are not those of this network: count them again with polychron programs visits")
    sizes, lines = row_counts(studied.network), len(studied.training.lines)
    found = Visits(counts={}, examples={})
    for layer, rows in sizes.items():
        counts, examples = (arrays.get(f"{layer}.{part}", NOTHING) for part in ("counts", "examples"))
        good = counts.dtype == np.uint32 and counts.shape == (rows, len(FAMILIES))
        good = good and examples.dtype == np.int32 and examples.ndim == 2 and len(examples) == rows
        if not good or examples.max(initial=-1) >= lines or examples.min(initial=0) < -1:
            raise NetworkError(
                f"{printable(path)}: the visits of {layer} must be of {rows} rows, {len(FAMILIES)} families and {lines} training lines"
            )
        found.counts[layer], found.examples[layer] = counts, examples
    return found
