"""The hosts, in Python and in C, on a line that garbles, cuts, doubles, reorders and lengthens frames in both directions.

Every symbol is golden's, no step is lost or done twice, and every disturbance is counted by the host; the long sets are slow.
"""

from collections.abc import Callable
from dataclasses import astuple
from itertools import cycle, product

import numpy as np
import pytest

from firmware.compiler import compile_network
from firmware.host.host import Host
from firmware.host.transport import Transport
from firmware.image.image import store_image, write_image
from sim.machines.board import BoardSimulation

from ..firmware.c.driver import CHost, harness
from ..golden.helpers import rnn_outputs, rnn_update
from .disturbed import KINDS, WAYS, DisturbedLine, Quickened, TimedCore
from .mutants import Rng, fuzz
from .targets import BOARD, NETWORKS
from .test_link import SHORT

NETWORK = NETWORKS["rnn"]
PROGRAM = compile_network(NETWORK, BOARD)
IMAGE = write_image(PROGRAM)
START = store_image(PROGRAM.store[: 8 * PROGRAM.meta.placement.state_words], width=PROGRAM.width)


def symbols_of_golden(state: np.ndarray, forced: list[int | None]) -> tuple[list[int], np.ndarray]:
    chosen = []
    for symbol in forced:
        chosen.append(int(rnn_outputs(NETWORK, state)[0][0].argmin()))
        state, _ = rnn_update(NETWORK, state, np.array([chosen[-1] if symbol is None else symbol]))
    return chosen, state


class Session:
    """A host at work, and what golden says of it. ``timeout``: once the image is loaded."""

    def __init__(self, host: Host | CHost, *, timeout: float) -> None:
        self.host = host
        host.hello()
        host.load(IMAGE)
        host.timeout = timeout
        self.state = np.zeros((1, NETWORK.n), np.int16)
        self.steps = host.counters().steps

    @property
    def faults(self) -> tuple[int, ...]:
        return astuple(self.host.faults)

    def work(self, rng: Rng) -> None:
        """One call of the host."""
        match int(rng.integers(6)):
            case 0 | 1:
                self._runs([None] * int(rng.integers(1, 7)), self.host.step)
            case 2 | 3:
                self._runs(rng.integers(0, NETWORK.n_out, int(rng.integers(1, 7))).tolist(), self.host.feed)
            case 4:
                self.host.hello()
            case _:
                self.host.load(START)
                self.state[:] = 0

    def _runs(self, forced: list[int | None], run: Callable[..., list[int]]) -> None:
        chosen, self.state = symbols_of_golden(self.state, forced)
        assert run(len(forced) if forced[0] is None else forced) == chosen
        self.steps += len(forced)

    def check(self) -> None:
        """A call that shows a step too many or too few; again, as long as something late is passed over."""
        before = None
        while before != self.faults:
            before = self.faults
            assert self.host.counters().steps == self.steps % (1 << 16)


def host_on(kind: str, line: Transport, *, tries: int) -> Host | CHost:
    return Host(line, tries=tries) if kind == "python" else CHost(line, harness(kind, IMAGE), tries=tries)


def disturbed(kind: str, core: Transport, *, name: str, count: int, timeout: float, more: int = 0) -> None:
    """Ten calls of eleven with one disturbed frame, each followed by one on a clean line; what was disturbed must have been counted.

    ``more``: bad frames that the core may count besides, for a repeated request can run into one.
    """
    line = DisturbedLine(core, np.random.default_rng(0))
    host = host_on(kind, line, tries=5)
    session = Session(host, timeout=timeout)
    clean = session.faults
    frames = cycle([None, *product(WAYS, KINDS)])

    def one(rng: Rng) -> str:
        nonlocal clean
        line.rng, frame = rng, next(frames)
        what = " ".join(frame) if frame else "undisturbed"
        if frame:
            line.arm(*frame)
        session.work(rng)
        assert not line.armed
        session.check()
        before, clean = clean, session.faults
        assert all(new >= old for new, old in zip(clean, before, strict=True))
        assert (sum(clean) > sum(before)) == (what != "undisturbed"), what
        return what

    tally = fuzz(f"disturbed frames, {kind}, {name}", one, count=count)
    assert len(tally.seen) == 11
    assert min(tally.seen.values()) >= count // 11
    dropped = sum(line.done["request", how] for how in ("garbled", "truncated", "oversized"))
    assert (host.hello().dropped - dropped) % 256 <= more  # and the core has counted what it got
    if isinstance(host, CHost):
        host.close()


LONG = pytest.param(11_000, marks=pytest.mark.slow)


@pytest.mark.parametrize("kind", ["python", "gcc", "clang"])
@pytest.mark.parametrize("count", [330, LONG])
def test_a_core_in_python(kind: str, count: int) -> None:
    disturbed(kind, TimedCore(), name="core in Python", count=count, timeout=0.1)


@pytest.mark.parametrize("kind", ["python", "gcc"])
@pytest.mark.parametrize("count", [22, LONG])
def test_the_compiled_board(kind: str, count: int) -> None:
    """With short bits and silences; a millisecond of the host is 36 clocks."""
    board = BoardSimulation(SHORT, gap_bits=9)
    try:
        disturbed(kind, Quickened(board.transport(), 1000.0), name="compiled board", count=count, timeout=0.4, more=count // 1000)
    finally:
        board.close()


@pytest.mark.parametrize("kind", ["python", "gcc", "clang"])
@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.slow)])
def test_many_at_once(kind: str, count: int) -> None:
    """A quarter of all frames is disturbed, so that repeated requests and their replies are too."""
    line = DisturbedLine(TimedCore(), np.random.default_rng(0))
    host = host_on(kind, line, tries=60)
    session = Session(host, timeout=0.1)

    def one(rng: Rng) -> str:
        line.rng, line.chance = rng, 0.25
        session.work(rng)
        session.check()
        return "right"

    fuzz(f"a quarter of the frames, {kind}", one, count=count)
    assert [frame for frame, number in line.done.items() if number == 0] == [("request", "reordered")]
    if isinstance(host, CHost):
        host.close()


def test_a_step_done_twice_is_found() -> None:
    """The control: a core that executes what is repeated."""
    with pytest.raises(AssertionError):
        disturbed("python", TimedCore(replay=False), name="without replay", count=110, timeout=0.1)


def test_a_fault_that_is_not_counted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a host that does not count what it passes over."""
    monkeypatch.setattr(Session, "faults", property(lambda session: (session.host.faults.resent, session.host.faults.skipped)))
    with pytest.raises(AssertionError, match="duplicated"):
        disturbed("python", TimedCore(), name="uncounted", count=110, timeout=0.1)
