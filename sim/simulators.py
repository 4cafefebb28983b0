"""Clocks a second of three simulators on the same run, side by side.

The run: the core of a board generates text, greedily, for N clocks (sim.bench_run). The tables are initial contents of the table bank,
everything else comes over the load bus, the same clocks in all three; they must agree on every counter. The compiled simulator then goes
on for a hundred times as many clocks, and is timed on those.
"""

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amaranth.hdl import ResetInserter, Signal, Value
from amaranth.lib.wiring import In
from amaranth.sim import Simulator

from boards import Board
from firmware.program import Program
from polychron.system.progress import under_way
from sim.bench_run import Machine, carry_out, filled_core, program_of
from sim.compiled.build import SimulationError, build
from sim.compiled.simulation import Simulation
from sim.machines.icarus import run_cocotb

LONGER = 100  # times the clocks for the compiled simulator


class DifferenceError(SimulationError):
    """Simulators that disagree. Exit code 1."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One simulator: ``clocks`` run in ``seconds``; ``total``: everything, elaboration, tools and load included. ``counters``: the core's
    after the common run."""

    name: str
    clocks: int
    seconds: float
    total: float
    counters: dict[str, int]

    @property
    def speed(self) -> float:
        """Clocks a second."""
        return self.clocks / self.seconds

    @property
    def figures(self) -> dict[str, Any]:
        """For ``--json`` (docs/user/json.md)."""
        return {
            "simulator": self.name,
            "clocks": self.clocks,
            "seconds": self.seconds,
            "clocks_per_second": self.speed,
            "total_seconds": self.total,
        }


def measure(network: Path, board: Board, *, clocks: int) -> list[Figure]:
    """Amaranth's simulator, cocotb with Icarus, CXXRTL. Raises :class:`DifferenceError` if their counters differ."""
    program = program_of(network, board)
    with under_way("simulating") as phase:
        phase("Amaranth's simulator")
        amaranth = _amaranth(program, board, clocks=clocks)
        phase("cocotb and Icarus")
        icarus = _icarus(program, board, network=network, clocks=clocks)
        phase("CXXRTL")
        figures = [amaranth, icarus, _cxxrtl(program, board, clocks=clocks)]
    for figure in figures[1:]:
        if figure.counters != figures[0].counters:
            raise DifferenceError(f"{figure.name} counts {figure.counters}, {figures[0].name} {figures[0].counters}")
    return figures


def _amaranth(program: Program, board: Board, *, clocks: int) -> Figure:
    begin = time.perf_counter()
    core = filled_core(program, board)
    ports = {"__".join(map(str, path)): Value.cast(port) for path, _, port in core.signature.flatten(core)}
    ports["rst"] = reset = Signal()
    seconds, counters = 0.0, dict[str, int]()

    async def drive(ctx) -> None:  # type: ignore[no-untyped-def]
        nonlocal seconds, counters
        machine = Machine(
            set=lambda port, value: ctx.set(ports[port], value),
            get=lambda port: int(ctx.get(ports[port])),
            clock=lambda count: ctx.tick().repeat(count),
        )
        seconds, counters = await carry_out(machine, program, clocks=clocks)

    simulator = Simulator(ResetInserter(reset)(core))
    simulator.add_clock(1 / board.clock_hz)
    simulator.add_testbench(drive)
    simulator.run()
    return Figure(name="Amaranth's simulator", clocks=clocks, seconds=seconds, total=time.perf_counter() - begin, counters=counters)


def _icarus(program: Program, board: Board, *, network: Path, clocks: int) -> Figure:
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        core = filled_core(program, board)
        job = {
            "network": str(network.resolve()),
            "board": board.name,
            "clocks": clocks,
            "inputs": ["__".join(map(str, path)) for path, member, _ in core.signature.flatten(core) if member.flow == In],
            "result": str(folder / "result.json"),
        }
        run_cocotb(core, module="sim.bench_icarus", folder=folder, env={"BENCH": json.dumps(job)})
        seconds, counters = json.loads((folder / "result.json").read_text())
    return Figure(name="cocotb and Icarus", clocks=clocks, seconds=seconds, total=time.perf_counter() - begin, counters=counters)


def _cxxrtl(program: Program, board: Board, *, clocks: int) -> Figure:
    begin = time.perf_counter()
    sim = Simulation(build(filled_core(program, board)))

    async def clock(count: int) -> None:
        sim.clock(count)

    machine = Machine(set=sim.__setitem__, get=sim.__getitem__, clock=clock)
    _, counters = asyncio.run(carry_out(machine, program, clocks=clocks))
    sim["step__valid"] = 1
    start = time.perf_counter()
    sim.clock(LONGER * clocks)
    seconds = time.perf_counter() - start
    sim.close()
    return Figure(name="CXXRTL", clocks=LONGER * clocks, seconds=seconds, total=time.perf_counter() - begin, counters=counters)
