"""The core's fixed latencies in clocks, all in one place. Each is measured from the clock of the first event to that of the second.

Those marked (store) or (tables) are longer by the clocks in which the latency store or the tables on chip are read
(``boards.Board.store_clocks``, ``table_clocks``).
"""

from dataclasses import dataclass

from firmware.isa import Mode, Width

# Index maker
HEAD_CLOCKS = 4  # reading a run's flags, anchor_base and anchor_len
ANCHOR_TO_INDEX = 3  # (store) an anchor word taken by the store -> its first index written to the queue
INDEX_DEPTH = 256  # of the queue, its output register included
INDEX_MARGIN = 5  # (store, and the comparators) no anchor word is read while the queue, one clock ago, had less room than this

# Row fetch
RUN_WORDS = 7  # clocks of reading a run's words, at least
RUN_KEEP = 3  # clocks of them that pass before the last row of the run before must have left for the streamer; not between two passes


@dataclass(frozen=True, kw_only=True)
class SideClocks:
    """``tables``: a group's, whose indices need ``before`` accesses to side words that come first and ``after`` that come last.

    ``opened_to_access``: the run's words, or a pass's, are read -> the first access is asked. ``access_to_index``: the last access of a
    group is served -> the next index can be taken. ``index_to_index``: one is taken -> the next of the group can be. ``index_to_access``:
    the last of a group is taken -> an access is asked. 0 where there is no such thing.
    """

    tables: int
    before: int
    after: int
    access_to_index: int
    index_to_access: int
    opened_to_access: int = 0
    index_to_index: int = 0

    @property
    def group(self) -> int:
        """Clocks from a group's first index to the next group's, if nothing else is waited for."""
        return (self.tables - 1) * self.index_to_index + self.index_to_access + self.before + self.after - 1 + self.access_to_index


def side_clocks(width: Width) -> dict[Mode, SideClocks]:
    """Of the index cache, by mode of the run; the others need no side words."""
    return {
        Mode.ATTEND: SideClocks(
            tables=width.side_words, before=2, after=0, opened_to_access=1, access_to_index=3, index_to_index=2, index_to_access=2
        ),
        Mode.KEY: SideClocks(tables=1, before=0, after=1, access_to_index=1, index_to_access=1),
        Mode.ANCHORS: SideClocks(tables=1, before=1, after=0, opened_to_access=1, access_to_index=1, index_to_access=2),
    }


@dataclass(frozen=True, kw_only=True)
class FlashClocks:
    """``step``: the controller looks and acts in every clock, or every second. ``seen_to_taken``: a row is seen -> it is taken.
    ``taken_to_before``: -> the clock before its first byte. ``taken_to_free``: -> it looks for the next, beyond the clocks of the row's
    bytes.
    """

    step: int
    seen_to_taken: int
    taken_to_before: int
    taken_to_free: int


FLASH = {
    1: FlashClocks(step=1, seen_to_taken=6, taken_to_before=5, taken_to_free=1),
    2: FlashClocks(step=2, seen_to_taken=12, taken_to_before=10, taken_to_free=2),
}
"""Of the flash's controller, by clocks a byte."""

# SDRAM's controller, and the queue before the streamer where there is one
SDRAM_QUEUE = 4  # rows that the controller keeps waiting
SDRAM_READ_TO_WORDS = 8  # a READ is decided -> its first words are at the core
ROW_QUEUE = 8  # rows that wait for the streamer

# Accumulators and write-back
PAIR_CLOCKS = 2  # an int4 couple fills two words, in clocks that follow each other
BEAT_TO_STORE = 1  # (tables) a beat requested -> its first word at the write-back, which reads the store
STORE_TO_RETIRED = 0  # (store) the last word of a run at the write-back -> the run is retired

# Sorter
GRANT_TO_LATENCY = 1  # (store) a read granted -> the latency taken by the sorter
SORTER_CELLS = 8


def done_clocks(*, jitter: bool, k: int, n_out: int) -> int:
    """From the last latency taken by the sorter to the first clock in which the symbol is known."""
    return 2 * SORTER_CELLS + 8 + 2 * min(k, n_out, SORTER_CELLS) if jitter and k else 3


def idle_clocks(*, jitter: bool, k: int, n_out: int) -> int:
    """From the last latency taken by the sorter to the first clock in which it could begin anew: its list is copied for the host first."""
    return max(2 * SORTER_CELLS + 4, done_clocks(jitter=jitter, k=k, n_out=n_out))
