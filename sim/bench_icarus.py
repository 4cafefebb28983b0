"""The run of sim.simulators in cocotb: a cocotb test module. BENCH (JSON) in the environment: what to run, and where its result goes."""

import json
import os
from pathlib import Path
from typing import Any

import boards
from sim.bench_run import Machine, carry_out, program_of

PERIOD = 27_778  # ps


def _test() -> Any:
    """The run as a cocotb test. cocotb comes with the extra ``test``; only a simulator imports this module."""
    import cocotb
    from cocotb.clock import Clock
    from cocotb.triggers import ClockCycles, FallingEdge

    @cocotb.test(name="run_in_icarus")
    async def run_in_icarus(dut: Any) -> None:
        """Carries the run out, away from the rising edges of the clock."""
        job = json.loads(os.environ["BENCH"])
        program = program_of(Path(job["network"]), boards.get(job["board"]))
        for port in ["rst", *job["inputs"]]:
            dut[port].value = 0
        Clock(dut.clk, PERIOD, unit="ps").start(start_high=False)
        await FallingEdge(dut.clk)
        core = Machine(
            set=lambda port, value: setattr(dut[port], "value", value),
            get=lambda port: int(dut[port].value),
            clock=lambda count: ClockCycles(dut.clk, count, FallingEdge),
        )
        Path(job["result"]).write_text(json.dumps(await carry_out(core, program, clocks=job["clocks"])))

    return run_in_icarus


run_in_icarus = _test()
