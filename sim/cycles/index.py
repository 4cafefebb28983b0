"""Control of the index maker: anchor words in, indices counted into a queue."""

from collections.abc import Sequence

from firmware.isa import Mode, Run
from firmware.program import Program, decode_anchor
from sim.cycles.timing import ANCHOR_TO_INDEX, HEAD_CLOCKS, INDEX_DEPTH, INDEX_MARGIN


def emits_of_runs(program: Program) -> list[list[int]]:
    """For each run, in its order, how many indices leave after each of its anchor words as it finds them: anchors runs copy words over
    those of earlier runs."""
    width = program.width
    used = 1 << width.anchor_bits
    words = dict(enumerate(program.anchors))
    ends = [piece.beat * width.beat_bytes + len(piece.data) for piece in program.tables if piece.tier == 0]
    ends += [(run.table_base + run.count) * width.beat_bytes for run in program.runs if run.mode == Mode.ANCHORS]
    memory = program.memory(max(ends, default=0))
    found = []
    for run in program.runs:
        if run.mode == Mode.ANCHORS:
            for number in range(run.count):
                at = (run.table_base + number) * width.beat_bytes
                word, part = divmod(width.side_words * run.side + number, width.anchor_beats)
                low = 8 * width.beat_bytes * part
                kept = words.get(word, 0) & ~((1 << 8 * width.beat_bytes) - 1 << low)
                words[word] = (kept | int.from_bytes(memory[at : at + width.beat_bytes], "little") << low) % used
        numbers = range(run.anchor_base, run.anchor_base + run.anchor_len)
        found.append([decode_anchor(words.get(number, 0), width).emit for number in numbers])
    return found


class IndexQueue:
    """A queue in memory with a register at its output: an index written to the empty queue is there two clocks later."""

    def __init__(self) -> None:
        self.stored = 0  # in memory
        self.there = False  # in the output register

    @property
    def level(self) -> int:
        return self.stored + self.there

    def clock(self, *, write: int, read: bool) -> None:
        move = self.stored > 0 and (read or not self.there)
        self.there = move or (self.there and not read)
        self.stored += write - move

    def state(self) -> tuple[int, ...]:
        return (self.stored, self.there)


class IndexControl:
    """Walks the runs and hands their anchor words to the latency store, at most one a clock.

    ``emits``: for each run, how many indices leave after each of its anchor words; ``store_clocks``: in which the store reads a word.

    A word waits at the store while write-back reads it; the first word of a run with ``sync`` until all runs before are retired, that of a
    step's first run until the step begins.
    """

    def __init__(self, runs: Sequence[Run], emits: Sequence[Sequence[int]], *, comparators: int, store_clocks: int) -> None:
        self.most = INDEX_DEPTH - INDEX_MARGIN - comparators - store_clocks  # in the queue, for a word to be read
        self.runs, self.emits, self.store_clocks = runs, emits, store_clocks
        self.queue = IndexQueue()
        self.run, self.head, self.at = 0, 0, 0  # run being read, clocks of its head read, its next anchor word
        self.opens = True  # the run is a step's first
        self.begun = 0  # runs begun and not yet retired
        self.room = False
        self.word: int | None = None  # indices that leave after the anchor word that is at the store
        self.wait_retired = self.wait_step = False  # what that word, or the next to come, waits for
        self.started = False  # the step has begun, its first word has not been taken yet
        self.coming = 0  # bit i: an index reaches the queue in i clocks

    def claims(self, *, go: bool) -> bool:
        """Whether an anchor word asks for the store. ``go``: a step begins in this clock."""
        if self.word is None or (self.wait_retired and self.begun != 1):
            return False
        return not self.wait_step or self.started or go

    def clock(self, *, go: bool, taken: bool, retired: bool, read: bool) -> None:
        """``taken``: the store reads the anchor word; ``retired``: a run is written back; ``read``: an index leaves the queue."""
        room, self.room = self.room, self.queue.level <= self.most
        self.queue.clock(write=self.coming & 1, read=read)
        self.coming >>= 1
        self.started = (self.started or go) and not (taken and self.wait_step)
        self.begun -= retired
        if taken:
            assert self.word is not None
            self.coming |= (1 << self.word) - 1 << ANCHOR_TO_INDEX + self.store_clocks - 1
            self.word, self.wait_retired, self.wait_step = None, False, False
        free = self.word is None
        if self.head < HEAD_CLOCKS:
            self.head += 1
        elif self.head == HEAD_CLOCKS:
            if free:
                self._begin()
        elif free and room:
            self.word = self.emits[self.run][self.at]
            self.at += 1
            if self.at == len(self.emits[self.run]):
                self._next()

    def _begin(self) -> None:
        run = self.runs[self.run]
        self.begun += 1
        self.wait_retired, self.wait_step = run.sync, self.opens
        self.opens = run.end
        self.head, self.at = HEAD_CLOCKS + 1, 0
        if not self.emits[self.run]:
            self._next()

    def _next(self) -> None:
        self.run = 0 if self.runs[self.run].end else self.run + 1
        self.head = 0

    def state(self) -> tuple[int, ...]:
        run = (self.run, self.head, self.at, self.opens, self.begun, self.room)
        word = (-1 if self.word is None else self.word, self.wait_retired, self.wait_step, self.started, self.coming)
        return (*run, *word, *self.queue.state())
