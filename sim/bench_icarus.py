"""The run of sim.simulators in cocotb: a cocotb test module. BENCH (JSON) in the environment: what to run, and where its result goes."""

import json
import os
import time
from pathlib import Path
from typing import Any

import boards
from sim.bench_run import program_of, script

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
        run, answer = script(program_of(Path(job["network"]), boards.get(job["board"])), clocks=job["clocks"]), None
        for port in ["rst", *job["inputs"]]:
            dut[port].value = 0
        Clock(dut.clk, PERIOD, unit="ps").start(start_high=False)
        await FallingEdge(dut.clk)
        seconds = 0.0
        while True:
            try:
                operation = run.send(answer)  # type: ignore[arg-type]
            except StopIteration as end:
                Path(job["result"]).write_text(json.dumps({"seconds": seconds, "counters": end.value}))
                return
            answer = None
            match operation:
                case ("set", port, value):
                    dut[port].value = value
                case ("get", port):
                    answer = int(dut[port].value)
                case (kind, count):
                    start = time.perf_counter()
                    await ClockCycles(dut.clk, count, FallingEdge)
                    seconds += time.perf_counter() - start if kind == "run" else 0

    return run_in_icarus


run_in_icarus = _test()
