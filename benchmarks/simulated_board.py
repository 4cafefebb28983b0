"""Characters a second of processor time that the simulated board writes through its pseudo-terminal.

python -m benchmarks.simulated_board
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polychron
from polychron.system.children import child

COUNT = 2000


def processor_seconds(process: int) -> float:
    """User and system time of a process so far (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    image = polychron.load("shakespeare").compile(board="icebreaker").image
    start = time.monotonic()
    with child([sys.executable, "-m", "sim.board"], folder=Path(tempfile.gettempdir()), stdout=subprocess.PIPE) as board:
        assert board.stdout is not None
        port = board.stdout.readline().removeprefix("port: ").strip()
        with polychron.connect(port, image) as device:
            device.load()
            device.set_sampler(temperature=0.7)
            device.reset()
            device.feed(b"First Citizen:")
            first, here, there = time.monotonic() - start, time.process_time(), processor_seconds(board.pid)
            started = there
            text = "".join(device.generate(COUNT))
            here, there = time.process_time() - here, processor_seconds(board.pid) - there
        board.terminate()
    print(f"{first:.1f} s from the command to the first character, {started:.1f} of the board's processor time")
    print(f"{len(text)} characters in {there:.1f} s of processor time")
    print(f"{COUNT / there:.0f} characters a second of the board's processor time, {COUNT / (here + there):.0f} of board and host together")


if __name__ == "__main__":
    main()
