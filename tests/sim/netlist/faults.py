"""Faults that a check of a whole FPGA must find and name."""

import re
from dataclasses import replace

from sim.compare.expected import Golden
from sim.compare.summands import summands
from sim.netlist.check import check_text

DIFFERENCE = r"step \d, op \S+, neuron \d+ \(store address \d+\): -?\d+, golden says -?\d+"


def check_flipped_table(one, steps, *, tier, folder):
    """A bit of a row of ``tier`` that the first step adds is flipped, in an image whose CRCs are right."""
    row = next(
        row for write in Golden(one.network, one.program).step(1) for row in summands(one.network, one.program, write) if row.tier == tier
    )
    beat = one.program.width.beat_bytes
    tables = []
    for piece in one.program.tables:
        at = row.address - piece.beat * beat
        if piece.tier == tier and 0 <= at < len(piece.data):
            piece = piece._replace(data=piece.data[:at] + bytes([piece.data[at] ^ 4]) + piece.data[at + 1 :])
        tables.append(piece)
    made = check_text(replace(one, written=replace(one.program, tables=tuple(tables))), steps, folder=folder)
    named = re.escape(f"{row} is damaged in memory: byte {row.address} is ")
    assert made.difference is not None
    assert re.fullmatch(rf"{DIFFERENCE}.*; {named}.*", made.difference)
    assert made.difference.startswith("step 0, ")
