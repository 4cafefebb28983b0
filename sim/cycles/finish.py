"""Control of a step's end: the sorter's intake and choice, and the sequencer."""

from sim.cycles.timing import GRANT_TO_LATENCY, done_clocks, idle_clocks


class StepControl:
    """Begins and ends steps; feeds the sorter the outputs, one a clock in which nobody else reads the store."""

    def __init__(self, *, jitter: bool, k: int, store_clocks: int) -> None:
        self.jitter, self.k, self.store_clocks = jitter, k, store_clocks
        self.running = self.ended = self.sorted = False
        self.go = False
        self.reading = 0  # outputs the sorter has not read yet
        self.outputs = 1  # of the last run with ``sort``
        self.choosing = False  # all outputs are read, the symbol is not known
        self.starting = False  # the sorter waits until it is idle
        self.taking = False  # the sorter takes latencies
        self.to_done = 0  # clocks until the symbol is known
        self.to_idle = 0  # clocks until the sorter is idle

    @property
    def symbol_known(self) -> bool:
        return self.sorted or (self.choosing and self.to_done == 0)

    def finishes(self, *, retired_end: bool) -> bool:
        """Whether the step ends in this clock. ``retired_end``: its last run is retired in this clock."""
        return self.running and (self.ended or retired_end) and self.symbol_known

    def grants(self, *, store_free: bool) -> bool:
        """Whether the sorter reads an output in this clock."""
        return self.reading > 0 and self.taking and store_free

    def clock(self, *, accepted: bool, finished: bool, granted: bool, retired_end: bool, sort: int) -> None:
        """``accepted``: a step is requested and taken; ``sort``: outputs of a run with ``sort`` that is retired in this clock, else 0."""
        known = self.symbol_known
        self.go = accepted
        self.ended = (self.ended or retired_end) and not finished
        self.sorted = known and not finished
        self.running = accepted or (self.running and not finished)
        self.choosing = self.choosing and not known

        if self.starting and self.to_idle == 0:
            self.starting, self.taking = False, True
        self.to_done -= self.to_done > 0
        self.to_idle -= self.to_idle > 0
        if granted:
            self.reading -= 1
            if self.reading == 0:
                self.taking, self.choosing = False, True
                to_latency = GRANT_TO_LATENCY + self.store_clocks
                self.to_done = to_latency + done_clocks(jitter=self.jitter, k=self.k, n_out=self.outputs) - 1
                self.to_idle = to_latency + idle_clocks(jitter=self.jitter, k=self.k, n_out=self.outputs) - 1
        if sort:
            self.reading = self.outputs = sort
            self.starting = True

    def state(self) -> tuple[int, ...]:
        flags = (self.running, self.ended, self.sorted, self.go, self.choosing, self.starting, self.taking)
        return (*flags, self.reading, self.to_done, self.to_idle)
