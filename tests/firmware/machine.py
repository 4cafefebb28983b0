"""A tiny interpreter of docs/reference/isa.md, written from that page alone, to check the compiler with."""

from dataclasses import dataclass, field

import numpy as np

from firmware import isa
from firmware.program import Program, decode_anchor
from golden.sampling import Jitter, Sampler


class BankConflictError(AssertionError):
    """An anchor word reads two addresses of one slot."""


@dataclass
class Machine:
    """A core with a loaded program; ``store`` are the 2048 latencies, ``beats`` and ``rows`` count reads, ``flash_beats`` those of tier 1.

    ``memory``: the bytes of each tier.
    """

    program: Program
    memory: tuple[bytes, bytes]
    store: list[int] = field(default_factory=list)
    acc: list[int] = field(default_factory=lambda: [0] * isa.ACC_WORDS * isa.LANES)
    beats: int = 0
    rows: int = 0
    flash_beats: int = 0
    saturations: int = 0
    sampler: Sampler = field(default_factory=Sampler)

    @classmethod
    def load(cls, program: Program, *, size: int = 131_072) -> "Machine":
        # nothing may depend on what was in the memories before
        rng = np.random.default_rng(7)
        near = bytearray(rng.bytes(size))
        for piece in program.tables:
            if piece.tier == 0:
                near[piece.beat * isa.BEAT_BYTES : piece.beat * isa.BEAT_BYTES + len(piece.data)] = piece.data
        assert len(near) == size
        top = max((piece.beat * isa.BEAT_BYTES + len(piece.data) for piece in program.tables if piece.tier == 1), default=0)
        machine = cls(program, (bytes(near), program.flash(top)))
        jitter = None if program.jitter is None or not program.jittered else Jitter(table=program.jitter, mask=program.mask)
        machine.sampler = Sampler(seed=program.seed, jitter=jitter, k=program.k)
        machine.store = rng.integers(-32768, 32768, isa.STORE_WORDS * isa.LANES).tolist()
        machine.acc = rng.integers(-32768, 32768, isa.ACC_WORDS * isa.LANES).tolist()
        machine.store[isa.ZERO_WORD * isa.LANES :] = [0] * isa.LANES
        machine.store[: len(program.store)] = program.store.tolist()
        return machine

    def step(self, symbol: int | None = None) -> int:
        """One step; ``symbol`` forces the token. Returns the symbol the sampler chooses."""
        chosen = -1
        for number, run in enumerate(self.program.runs):
            assert run.end == (number == len(self.program.runs) - 1)
            if run.token:
                assert chosen >= 0
                assert (run.count, run.anchor_len) == (1, 0)
                indices = [chosen if symbol is None else symbol]
            else:
                indices = self._indices(run)
            assert len(indices) == run.count
            self._rows(run, indices)
            if run.sort:
                assert chosen < 0
                at = run.base * isa.LANES
                outputs = self.store[at : at + run.n_out]
                chosen = self.sampler.choose(outputs)
        return chosen

    def _indices(self, run: isa.Run) -> list[int]:
        lanes, made, words = self.program.comparators, [], 0
        index = [0] * lanes
        for value in self.program.anchors[run.anchor_base : run.anchor_base + run.anchor_len]:
            word = decode_anchor(value, comparators=lanes)
            addresses = {address for lane in word.lanes if lane is not None for address in lane}
            if len({address % 8 // (4 // lanes) for address in addresses}) != len(addresses):
                raise BankConflictError(f"addresses {sorted(addresses)}")
            for lane, pair in enumerate(word.lanes):
                if pair is not None:
                    index[lane] = index[lane] << 1 | (self.store[pair[0]] > self.store[pair[1]])
            words += 1
            if word.emit:
                assert words >= lanes
                assert None not in word.lanes[: word.emit]
                made += index[: word.emit]
                index, words = [0] * lanes, 0
        assert words == 0
        return made

    def _rows(self, run: isa.Run, indices: list[int]) -> None:
        width = 16 if run.int4 else 8
        base = run.base * isa.LANES
        sums = [0] * (run.row_beats * width) if run.first else self.acc[base : base + run.row_beats * width]
        memory = self.memory[run.tier]
        assert run.int4 or run.row_beats >= 2
        if run.int4 and run.tier:  # such a row is added to the last beat of tier 0
            assert self.memory[0][-isa.BEAT_BYTES :] == bytes(isa.BEAT_BYTES)
        assert run.table_base % (1 << run.table_log2) == 0
        for table, index in enumerate(indices):
            at = run.table_base + (table << run.table_log2) + (index << run.row_log2)
            assert index << run.row_log2 < 1 << run.table_log2
            for beat in range(run.row_beats):
                data = memory[(at + beat) * 8 : (at + beat) * 8 + 8]
                assert len(data) == 8
                entries = [byte & 15 for byte in data] + [byte >> 4 for byte in data] if run.int4 else list(data)
                half = 8 if run.int4 else 128
                for k, entry in enumerate(entries):
                    sums[beat * width + k] += (entry ^ half) - half
            self.rows += 1
            self.beats += run.row_beats
            self.flash_beats += run.row_beats * (run.tier == 1)
        assert all(-32768 <= value <= 32767 for value in sums)
        if not run.last:
            self.acc[base : base + len(sums)] = sums
            return
        for column, value in enumerate(sums):
            address = run.base * isa.LANES + column
            wide = (value << run.shift) + (self.store[address] if run.residual else 0)
            self.store[address] = max(-32768, min(32767, wide))
            self.saturations += wide != self.store[address]
