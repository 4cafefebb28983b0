"""The main job: from a trained network to a bitstream and a memory image. ``python -m hdl.build --board icebreaker``.

Exit codes: 0 done; 1 the design misses its clock; 2 bad input, a missing tool or a tool that failed; 130 interrupted.
"""

import argparse
import hashlib
import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import boards
from boards import Board
from firmware.compiler import compile_network
from firmware.estimate import Estimate, estimate
from firmware.image.files import read_bytes, write_atomic
from firmware.image.image import write_image
from firmware.isa import Mode
from golden.integer.file import load
from golden.integer.shipped import find_network, shipped_networks
from hdl.board.ecp5 import EcpTop
from hdl.board.top import Top
from hdl.flow.design import Design, check_resources, elaborate
from hdl.flow.errors import BuildError
from hdl.flow.family import family_of
from hdl.flow.pipeline import Toolchain, implement
from hdl.flow.products import flash_image
from hdl.flow.report import Speed, figures_of, to_json, to_text
from hdl.flow.steps import Steps
from sim.cycles import predict

__all__ = ["main"]

MOST_SEEDS = 100
_TOPS: dict[str, type[Top] | type[EcpTop]] = {"iCE40": Top, "ECP5": EcpTop}


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is built: a network compiled for a board, and what is known of it before synthesis. ``first``: clocks of a transformer's first
    step, with an empty index cache; else None."""

    board: Board
    name: str
    sha256: str
    image: bytes
    estimate: Estimate
    speed: Speed
    first: int | None


def main(argv: list[str] | None = None) -> int:
    """Run the command with ``argv``; returns the exit code."""
    args = _arguments().parse_args(argv)
    start = time.monotonic()

    def say(line: str) -> None:
        sys.stdout.write(f"[{time.monotonic() - start:6.1f} s] {line}\n")  # one write: two seeds talk at a time
        sys.stdout.flush()

    try:
        if not 1 <= args.seeds <= MOST_SEEDS:
            raise BuildError(f"--seeds must be 1..{MOST_SEEDS}, not {args.seeds}")
        job = _prepare(board=boards.flash_mode(boards.get(args.board), args.flash), network=find_network(args.network))
        if args.estimate:
            print(f"{job.estimate.text()}\n{_speed_text(job)}")
            return 0
        _build(job, seeds=args.seeds, out=args.out or Path("build") / job.board.name, say=say)
        return 0
    except BuildError as error:
        code, message = error.exit_code, str(error)
    except ValueError as error:  # every error of ours is one, with one sentence
        code, message = 2, str(error)
    except OSError as error:
        code, message = 2, f"{error.filename or 'a file'} can't be read or written: {error.strerror}"
    except KeyboardInterrupt:
        code, message = 130, "interrupted; the steps that were done are kept"
    print(f"error: {message}", file=sys.stderr)
    return code


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hdl.build", description="Build the bitstream and the memory image for a board.")
    parser.add_argument("--board", required=True, help=f"one of: {', '.join(sorted(boards.BOARDS))}")
    parser.add_argument(
        "--network", default="shakespeare", help=f"a network file, or one of: {', '.join(shipped_networks())}; default: shakespeare"
    )
    parser.add_argument(
        "--flash",
        choices=sorted(boards.FLASH_MODES),
        default="byte",
        help="what a clock reads of tables in flash: a byte (default; SCK is twice the core's clock), or a nibble (SCK is the core's)",
    )
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="place and route N times, keep the fastest that meets timing")
    parser.add_argument("--estimate", action="store_true", help="print placement, memory and speed before any synthesis, and stop")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the products go; default: build/BOARD")
    return parser


def _prepare(*, board: Board, network: Path) -> Job:
    program = compile_network(load(network), board, name=network.stem)
    known = estimate(program, board)
    predicted = predict(program, board)
    return Job(
        board=board,
        name=network.stem,
        sha256=hashlib.sha256(read_bytes(network)).hexdigest(),
        image=write_image(program),
        estimate=known,
        speed=Speed(clocks=predicted.clocks_per_step, limit=known.limit, bytes=predicted.bytes),
        first=predicted.clocks if any(run.mode == Mode.ATTEND for run in program.runs) else None,
    )


def _speed_text(job: Job) -> str:
    speed, clock_mhz = job.speed, job.board.clock_hz / 1e6
    return (
        f"  cycle model: {speed.clocks} clocks a step, {speed.efficiency:.3f} of the limit's speed, "
        f"{speed.steps_per_second(clock_mhz=clock_mhz):,} steps a second at {clock_mhz:g} MHz"
        + ("" if job.first is None else f"\n  (with a full index cache; the first step, with an empty one, takes {job.first} clocks)")
    )


def _elaborate(board: Board) -> Design:
    module, name = board.platform.split(":")
    platform = getattr(importlib.import_module(module), name)()
    top = _TOPS[family_of(board.device).name]
    check_resources(platform, top.resources(board), board=board.name)
    return elaborate(top(board), platform)


def _build(job: Job, *, seeds: int, out: Path, say: Callable[[str], None]) -> None:
    board = job.board
    say(f"{job.name} compiled for {board.title}: {job.speed.clocks} clocks a step, image of {len(job.image)} bytes")
    design = _elaborate(board)
    tools = Toolchain.find(design)
    say("tools: " + ", ".join(f"{name} ({version})" for name, version in tools.versions.items()))
    steps = Steps(folder=out / "steps", say=say)
    clock_mhz = board.clock_hz / 1e6
    built = implement(design, tools=tools, steps=steps, seeds=range(1, seeds + 1), clock_mhz=clock_mhz)
    figures = figures_of(
        board=board,
        design=design,
        tools=tools.versions,
        network=job.name,
        network_sha256=job.sha256,
        speed=job.speed,
        image=job.image,
        built=built,
    )
    text = to_text(figures, worst=min(built.seeds, key=lambda routed: routed.fmax_mhz))
    flash = flash_image(bitstream=built.bitstream, image=job.image, offset=board.image_offset, size=board.flash_size)
    suffix = design.family.bitstream.rsplit(".", 1)[-1]
    products = {
        f"bitstream.{suffix}": built.bitstream,
        "image.bin": job.image,
        "flash.bin": flash,
        "report.txt": text,
        "report.json": to_json(figures),
    }
    write_atomic({out / name: content for name, content in products.items()})
    say(f"products in {out}: {', '.join(products)}")
    print(text.decode(), end="")


if __name__ == "__main__":
    sys.exit(main())
