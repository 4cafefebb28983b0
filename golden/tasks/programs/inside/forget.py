"""What a network can no longer do without a family: its output rows learnt anew from all other programs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.system.progress import under_way

from ....compiled.reads import reads
from ....compiled.visits import learn_rows
from ....integer.layer import ENTRY_LIMIT, Layer, TableGroup
from ....integer.network import TextNetwork
from ....programs.templates import FAMILIES
from ..completion import complete
from ..evaluation import parts
from .visits import Studied
from .votes import OUTPUT

RATE = 0.05
PASSES = 2

Float32 = npt.NDArray[np.float32]


def learnt_anew(studied: Studied, *, without: str | None = None, passes: int = PASSES) -> TextNetwork:
    """The network with output rows that began at zero and have learnt from the training set in its order, but not from programs of the
    family ``without``: nothing in them comes from these. All other layers stay as they are, so the rows that a prompt reads do. Its card
    hasn't the network's figures and command, which are not this one's.
    """
    network, lines = studied.network, studied.training.lines
    output = network.output
    rows = sum(group.tables[..., 0].size for group in output.groups)
    weights, squares = np.zeros((rows, network.n_out), np.float32), np.zeros((rows, network.n_out), np.float32)
    taught = lines.families != (FAMILIES.index(without) if without else -1)
    kept = taught[studied.owners]
    with under_way("learning the output rows anew"):
        for _ in range(passes):
            for layer, start, read in reads(network, studied.symbols):
                if layer == OUTPUT:
                    part = slice(start, start + len(read))
                    learn_rows(read, studied.symbols[part], kept[part], np.float32(RATE), weights, squares)
    kept = {key: value for key, value in network.card.items() if key not in ("figures", "command")}
    card: dict[str, Any] = kept | {"learnt_anew_without": without}
    return replace(network, output=_rounded(output, weights, out_frac=network.out_frac), card=card).validate()


def compared(studied: Studied, networks: Mapping[str, TextNetwork], *, count: int) -> list[dict[str, Any]]:
    """The shares of ``count`` held-out prompts of each family that each network completes so that the machine accepts, with
    Wilson's interval (95 %); a row a family."""
    rows = []
    with under_way("completing") as phase:
        for part in parts(studied.training, count=count):
            if part.split == "held":
                phase(part.family)
                row: dict[str, Any] = {"family": part.family, "programs": len(part.prompts)}
                for name, network in networks.items():
                    rate = part.rate(complete(network, studied.names, part.prompts))
                    row |= {name: rate.share, f"{name}_interval": list(rate.ends)}
                rows.append(row)
    return rows


def _rounded(output: Layer, weights: Float32, *, out_frac: int) -> Layer:
    """``output`` with ``weights`` (rows, n_out), in nats, in units of its latencies, negated: the earliest spike is the likeliest."""
    limit = ENTRY_LIMIT[output.bits]
    scaled = np.rint(-weights * 2.0**out_frac / (1 << output.shift))
    entries = np.clip(scaled, -limit, limit).astype(np.int8)
    groups, first = [], 0
    for group in output.groups:
        size = group.tables[..., 0].size
        groups.append(TableGroup(anchors=group.anchors, tables=entries[first : first + size].reshape(group.tables.shape)))
        first += size
    return replace(output, groups=tuple(groups))
