"""A network for the core: how much it gets right, its clocks, and the cells of the design that runs it, block by block."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from firmware.image.image import store_image

from .data import Integers, Set

BOARD = "icebreaker"
LOADER_CLOCKS = 15
"""That the loader takes for a byte."""

HOST = ("system.loader", "system.link", "system.receiver", "system.transmitter", "system.rx_synchronizer", "uart_tx")
"""Blocks that are there for a host: what loads images and inputs, the link's frames, the UART."""

FLASH = ("system.flash", "flash.")
"""Blocks of the flash that holds image and large tables."""


class Ours(NamedTuple):
    """Classes of what is held out, by the integer network; clocks of a step, and of loading a sample's inputs; bytes of the tables and of
    the whole memory image."""

    found: Integers
    clocks: int
    loading: int
    table_bytes: int
    image_bytes: int


def measured(part: Set) -> Ours:
    """``LutClassifier`` of the default shape, whose steps are chosen within the training part."""
    from polychron import LutClassifier

    model = LutClassifier(gentle=None, random_state=0).fit(part.train.x, part.train.y)
    program = model.network_.compile(board=BOARD)
    inputs = store_image(np.asarray(program.code.store, np.int16), width=program.code.width)
    return Ours(
        found=np.asarray(model.predict(part.test.x), np.int64),
        clocks=program.estimate().clocks_per_step,
        loading=LOADER_CLOCKS * len(inputs),
        table_bytes=int(model.network_.integer.table_bytes()),
        image_bytes=len(program.image),
    )


def cells(blocks: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Logic cells of a build's ``report.json`` by what they are for: the core, the host, the flash, the rest."""
    found = {"core": 0, "host": 0, "flash": 0, "rest": 0}
    for name, used in blocks.items():
        place = (
            "core" if name.startswith("system.core") else "host" if name.startswith(HOST) else "flash" if name.startswith(FLASH) else "rest"
        )
        found[place] += used.get("lc", 0)
    return found


def told(report: Mapping[str, Any]) -> str:
    """A line about a build: cells with and without host and flash, memories, MHz."""
    parts = cells(report["blocks"])
    shares = ", ".join(f"{name} {count:,}" for name, count in parts.items())
    seeds = [seed["fmax_mhz"] for seed in report["seeds"]]
    return (
        f"{report['device']}: {report['lut4']:,} LUT4, {report['ff']:,} flip-flops, {report['lc']:,} logic cells ({shares}), "
        f"{report['ebr']} block RAMs, {report['spram']} SPRAMs; {min(seeds):.1f} MHz at the least of {len(seeds)} seeds"
    )
