"""Networks on the board's cells, every latency compared with the golden model: what changes in steps, and while nothing is asked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle

from boards import Board
from firmware.host.host import Counters
from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.network import Network
from golden.integer.transformer.network import TransformerNetwork
from sim.activity.count import Activity, Meter
from sim.activity.mapped import Mapped
from sim.compiled.build import SimulationError
from sim.machines.machine import CORE, FlashSetup, board_chip
from sim.machines.session import BoardSession

SETTLED = 2  # steps before those that are counted
IDLE = 2000  # clocks, after a pause of as many
RUNNING = f"{CORE}sequencer.running"  # 1 in the clocks that the core's counter of clocks counts


@dataclass(frozen=True, kw_only=True)
class Counted:
    """``steps`` of a network, by the UART: ``used``, by the core's counters; ``line_bytes``, sent and received. ``running``: in the clocks
    in which the core runs a step; ``rest``: in all others from the first request to the last reply; ``idle``: in a while in which nothing
    is asked of the board. ``equal``: latencies equal to the golden model's."""

    network: Network
    program: Program
    steps: int
    used: Counters
    line_bytes: int
    running: Activity
    rest: Activity
    idle: Activity
    equal: int


def count(network: Network, program: Program, board: Board, mapped: Mapped, *, steps: int, samples: Int16 | None) -> Counted:
    """Of ``network``, compiled as ``program``, in steady state: a transformer's caches are full then. ``samples`` (count, n_in): what a
    classifier is given, again from the first one where they end; None for a network that writes text.

    Raises :class:`SimulationError` where a latency differs from the golden model's, or the core counts other clocks than those in which it
    runs.
    """
    pulled = FlashSetup(found=replace(board_chip(board), pulled=15))  # lines that nobody drives would be noise, and change
    session = BoardSession(network, program, board=board, library=mapped.compiled, flash=pulled)
    run = _texts(session) if samples is None else _samples(session, samples)
    run(network.context if isinstance(network, TransformerNetwork) else SETTLED)
    before, moved = session.counters(), session.line_bytes
    meter = Meter(session.sim, mapped, gate=RUNNING)
    run(steps)
    running, rest, moved = meter.read(1), meter.read(0), session.line_bytes - moved
    meter.close()
    used = session.counters() - before
    session.sim.clock(IDLE)
    meter = Meter(session.sim, mapped)
    session.sim.clock(IDLE)
    idle = meter.read()
    if session.difference:
        raise SimulationError(f"the cells differ from the golden model: {session.difference}")
    if used.clocks != running.clocks:
        raise SimulationError(f"the core ran for {running.clocks} clocks and counted {used.clocks}")
    equal = session.comparison.compared
    session.close()
    return Counted(
        network=network,
        program=program,
        steps=steps,
        used=used,
        line_bytes=moved,
        running=running,
        rest=rest,
        idle=idle,
        equal=equal,
    )


def _texts(session: BoardSession) -> Callable[[int], None]:
    def run(steps: int) -> None:
        list(session.run([None] * steps))

    return run


def _samples(session: BoardSession, samples: Int16) -> Callable[[int], None]:
    taken = cycle(samples)

    def run(steps: int) -> None:
        for _ in range(steps):
            session.classify(next(taken))

    return run
