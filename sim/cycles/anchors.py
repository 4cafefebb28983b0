"""Anchor words as each run finds them: anchors runs copy words over those of earlier runs."""

from firmware.isa import BEAT_BYTES, SIDE_WORDS, Mode, anchor_bits
from firmware.program import Program, decode_anchor


def emits_of_runs(program: Program) -> list[list[int]]:
    """For each run, in its order, how many indices leave after each of its anchor words."""
    used = 1 << anchor_bits(program.comparators)
    words = dict(enumerate(program.anchors))
    ends = [piece.beat * BEAT_BYTES + len(piece.data) for piece in program.tables if piece.tier == 0]
    ends += [(run.table_base + run.count) * BEAT_BYTES for run in program.runs if run.mode == Mode.ANCHORS]
    memory = program.memory(max(ends, default=0))
    found = []
    for run in program.runs:
        if run.mode == Mode.ANCHORS:
            for number in range(run.count):
                at = (run.table_base + number) * BEAT_BYTES
                words[SIDE_WORDS * run.side + number] = int.from_bytes(memory[at : at + BEAT_BYTES], "little") % used
        numbers = range(run.anchor_base, run.anchor_base + run.anchor_len)
        found.append([decode_anchor(words.get(number, 0), comparators=program.comparators).emit for number in numbers])
    return found
