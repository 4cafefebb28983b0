"""A tiny interpreter of docs/reference/isa.md, written from that page alone, to check the compiler with."""

from dataclasses import dataclass, field

import numpy as np

from firmware import isa
from firmware.program import Program, decode_anchor
from golden.integer.sampling import Jitter, Sampler


class BankConflictError(AssertionError):
    """An anchor word reads two addresses of one slot."""


@dataclass
class Machine:
    """A core with a loaded program; ``store`` are the latencies, ``beats`` and ``rows`` count reads, ``flash_beats`` those of tier 1.

    ``memory``: the bytes of each tier; rings change. ``anchors``: the anchor memory. ``queries``: the query memory. ``cached``: positions
    in the rings, ``position``: where in them the step's keys go.
    """

    program: Program
    memory: tuple[bytearray, bytes]
    anchors: list[int] = field(default_factory=list)
    queries: list[int] = field(default_factory=lambda: [0] * isa.QUERIES)
    cached: int = 0
    position: int = 0
    store: list[int] = field(default_factory=list)
    acc: list[int] = field(default_factory=list)
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
        lanes, beat = program.width.lanes, program.width.beat_bytes
        for piece in program.tables:
            if piece.tier == 0:
                near[piece.beat * beat : piece.beat * beat + len(piece.data)] = piece.data
        assert len(near) == size
        top = max((piece.beat * beat + len(piece.data) for piece in program.tables if piece.tier == 1), default=0)
        machine = cls(program, (near, program.flash(top)))
        machine.anchors = [
            *program.anchors,
            *(int(value) for value in rng.integers(0, 1 << 48, max(0, isa.ANCHOR_WORDS - len(program.anchors)))),
        ]
        machine.queries = rng.integers(0, 1 << 16, isa.QUERIES).tolist()
        machine.position = int(rng.integers(isa.CONTEXT))
        jitter = (
            None
            if program.sampling.jitter is None or not program.sampling.jittered
            else Jitter(table=program.sampling.jitter, mask=program.sampling.mask)
        )
        machine.sampler = Sampler(seed=program.sampling.seed, jitter=jitter, k=program.sampling.k)
        machine.store = rng.integers(-32768, 32768, isa.STORE_WORDS * lanes).tolist()
        machine.acc = rng.integers(-32768, 32768, isa.ACC_WORDS * lanes).tolist()
        machine.store[isa.ZERO_WORD * lanes :] = [0] * lanes
        machine.store[: len(program.store)] = program.store.tolist()
        return machine

    @property
    def _lanes(self) -> int:
        return self.program.width.lanes

    @property
    def _beat(self) -> int:
        """Bytes of a beat."""
        return self.program.width.beat_bytes

    @property
    def _words(self) -> int:
        """Words of 16 bits of a beat."""
        return self.program.width.beat_bytes // 2

    def step(self, symbol: int | None = None) -> int:
        """One step; ``symbol`` forces the token. Returns the symbol the sampler chooses."""
        chosen, before = -1, self.store
        for number, run in enumerate(self.program.runs):
            assert run.end == (number == len(self.program.runs) - 1)
            if run.mode == isa.Mode.ATTEND:
                assert run.anchor_len == 0
                before = list(self.store)
                positions = [self._side(run, distance) for distance in range(1, min(self.cached, run.n_out) + 1)]
                self._rows(run, positions or [None])
            elif run.mode == isa.Mode.ANCHORS:
                self._copy(run)
            elif run.token:
                assert chosen >= 0
                assert (run.count, run.anchor_len) == (1, 0)
                self._rows(run, [[chosen if symbol is None else symbol]])
            else:
                behind = run.mode == isa.Mode.KEY and self.program.runs[number - 1].mode == isa.Mode.ATTEND
                indices = self._indices(run, before if behind else self.store)
                assert len(indices) == run.count
                if run.mode == isa.Mode.ROWS:
                    self._rows(run, [indices])
                else:
                    self._keep(run, indices)
            if run.sort:
                assert chosen < 0
                at = run.base * self._lanes
                outputs = self.store[at : at + run.n_out]
                chosen = self.sampler.choose(outputs)
        self.cached = min(self.cached + 1, isa.CONTEXT - 1)
        self.position = (self.position + 1) % isa.CONTEXT
        return chosen

    def _word(self, beat: int, word: int) -> int:
        """A word of 16 bits of tier 0."""
        return int.from_bytes(self.memory[0][beat * self._beat + 2 * word :][:2], "little")

    def _side(self, run: isa.Run, distance: int) -> list[int]:
        """The indices of an attend run's tables for one distance."""
        indices = []
        for table in range(run.count):
            block, word = run.side + table // self._words, table % self._words
            query = self.queries[self._words * (block % (isa.QUERIES // self._words)) + word]
            at = isa.SIDE_BEATS * block
            key = self._word(at + (self.position - distance) % isa.CONTEXT, word)
            place = self._word(at + isa.CONTEXT - 1 + distance, word)
            assert query & key == query & place == key & place == 0  # each has its own bits
            indices.append(query | key | place)
        return indices

    def _keep(self, run: isa.Run, indices: list[int]) -> None:
        """A query or a key run: the indices kept, a row of zeros added."""
        assert (run.table_base, run.table_log2, run.tier, run.int4, run.first, run.last) == (0, 31, 0, False, False, False)
        for table, index in enumerate(indices):
            block, word = run.side + table // self._words, table % self._words
            if run.mode == isa.Mode.QUERY:
                assert run.row_log2 == 0
                self.queries[self._words * (block % (isa.QUERIES // self._words)) + word] = index
            else:
                at = (isa.SIDE_BEATS * block + self.position) * self._beat + 2 * word
                self.memory[0][at : at + 2] = (index << run.row_log2).to_bytes(2, "little")
        self._zeros(run)

    def _copy(self, run: isa.Run) -> None:
        """An anchors run: what the run after it keeps to is checked here too."""
        assert (run.table_log2, run.tier, run.int4, run.first, run.last) == (0, 0, False, False, False)
        beats = self.program.width.anchor_beats
        assert run.count % beats == self._words * run.side % beats == 0
        to, count = self._words * run.side // beats, run.count // beats
        for word in range(count):
            data = self.memory[0][(run.table_base + word * beats) * self._beat :][: beats * self._beat]
            self.anchors[to + word] = int.from_bytes(data, "little")
            assert self.anchors[to + word] >> self.program.width.anchor_bits == 0
        after = self.program.runs[self.program.runs.index(run) + 1]
        assert after.sync
        assert not to <= after.anchor_base < to + count
        assert self.anchors[after.anchor_base] == 0
        self._zeros(run)

    def _zeros(self, run: isa.Run) -> None:
        assert run.row_beats >= 2
        assert run.base + run.row_beats <= isa.ZERO_WORD
        assert self.memory[0][-self._beat :] == bytes(self._beat)

    def _indices(self, run: isa.Run, store: list[int]) -> list[int]:
        pairs, made, words = self.program.width.comparators, [], 0
        banks = self._lanes // (2 * pairs)  # of a slot
        index = [0] * pairs
        for value in self.anchors[run.anchor_base : run.anchor_base + run.anchor_len]:
            word = decode_anchor(value, self.program.width)
            addresses = {address for lane in word.lanes if lane is not None for address in lane}
            if len({address % self._lanes // banks for address in addresses}) != len(addresses):
                raise BankConflictError(f"addresses {sorted(addresses)}")
            for lane, pair in enumerate(word.lanes):
                if pair is not None:
                    index[lane] = index[lane] << 1 | (store[pair[0]] > store[pair[1]])
            words += 1
            if word.emit:
                assert words >= pairs
                made += index[: word.emit]
                index, words = [0] * pairs, 0
        assert words == 0
        return made

    def _rows(self, run: isa.Run, positions: list[list[int]] | list[None]) -> None:
        """Adds a row of each table for each element of ``positions``, indices by table; for None, rows of zeros."""
        width = 2 * self._lanes if run.int4 else self._lanes
        base = run.base * self._lanes
        size = run.row_beats * width
        sums = np.zeros(size, np.int64) if run.first else np.array(self.acc[base : base + size])
        assert run.int4 or run.row_beats >= 2
        if (run.int4 and run.tier) or run.mode == isa.Mode.ATTEND:  # such rows are added to the last beat of tier 0, or are it
            assert self.memory[0][-self._beat :] == bytes(self._beat)
        assert run.table_base % (1 << run.table_log2) == 0
        for indices in positions:
            for table, index in enumerate(indices or []):
                assert index << run.row_log2 < 1 << run.table_log2
                banks = self.program.width.far_banks if run.tier else 1
                behind, bank = divmod(table, banks)
                at = run.table_base + (behind << run.table_log2) + (index << run.row_log2)
                self._row(run, at + (bank << self.program.width.far_address_bits if bank else 0), sums)
        assert sums.min() >= -32768
        assert sums.max() <= 32767
        if not run.last:
            self.acc[base : base + size] = sums.tolist()
            return
        assert (sums << run.shift).min() >= -32768
        assert (sums << run.shift).max() <= 32767
        for column, value in enumerate(sums.tolist()):
            address = run.base * self._lanes + column
            wide = (value << run.shift) + (self.store[address] if run.residual else 0)
            self.store[address] = max(-32768, min(32767, wide))
            self.saturations += wide != self.store[address]

    def _row(self, run: isa.Run, at: int, sums: np.ndarray) -> None:
        data = np.frombuffer(self.memory[run.tier], np.int8, run.row_beats * self._beat, at * self._beat)
        if run.int4:
            low, high = (data << 4) >> 4, data >> 4
            data = np.stack([low.reshape(-1, self._lanes), high.reshape(-1, self._lanes)], axis=1).reshape(-1)
        sums += data
        self.rows += 1
        self.beats += run.row_beats
        self.flash_beats += run.row_beats * (run.tier == 1)
