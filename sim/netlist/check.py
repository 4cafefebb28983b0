"""A text by a whole FPGA's netlist beside the golden model: every symbol, latencies of last steps, and the clocks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from boards import Board
from firmware.image.image import write_image
from firmware.image.sections import signature, unpack
from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.network import Network
from sim.compare.compare import find_difference
from sim.compare.expected import Golden, Write
from sim.cycles import predict
from sim.netlist.conversation import Action, Heard, Setting, converse
from sim.netlist.delays.timed import Timed
from sim.netlist.parts import Netlist

STEPS_AT_ONCE = 64  # the most that the cycle model counts


@dataclass(frozen=True, kw_only=True)
class Text:
    """``forced``: symbols the network reads first; ``free``: how many it then chooses itself; of either ``at_once`` in a request.
    ``preload``: tables on chip stand in their memories from the start, and the image in flash is without them. ``each``: the latencies
    that a request leaves are read after each, and not after the last alone."""

    forced: tuple[int, ...] = ()
    free: int = 20
    at_once: int = STEPS_AT_ONCE
    preload: bool = False
    each: bool = False

    def requests(self) -> list[list[int | None]]:
        """The steps of each request: forced symbols or (None) the core's own."""
        steps = [*self.forced, *[None] * self.free]
        groups = [list(group) for _, group in groupby(steps, key=lambda symbol: symbol is None)]
        return [group[at : at + self.at_once] for group in groups for at in range(0, len(group), self.at_once)]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """``symbols``: what the core chose; ``compared``: latencies equal to the golden model's; ``clocks``: of all steps, by the core's
    counter; ``predicted``: the same by the cycle model, None where rows come from flash. ``wrong``: a sentence about each thing that is not
    as it must be."""

    heard: Heard
    symbols: list[int]
    compared: int
    clocks: int
    predicted: int | None
    wrong: list[str]

    @property
    def difference(self) -> str | None:
        """The first of them."""
        return self.wrong[0] if self.wrong else None


@dataclass(frozen=True, kw_only=True)
class Subject:
    """``netlist`` of the FPGA of ``board``; ``program``, compiled of ``network`` for it; ``written``: what is in the memories in its place,
    for a check that must fail. ``timed``: the netlist with delays, for one that looks at them."""

    netlist: Netlist
    board: Board
    network: Network
    program: Program
    written: Program | None = None
    timed: Timed | None = None


def check_text(subject: Subject, text: Text, *, folder: Path) -> Checked:
    """The FPGA boots from its flash chip and writes ``text``. ``folder`` is empty.

    Raises ``SimulationError`` where the FPGA neither boots nor answers, and ``ViolationError`` where its registers don't get their times.
    """
    network, program, written = subject.network, subject.program, subject.written or subject.program
    setting = Setting(image=write_image(written), timed=subject.timed)
    if text.preload:
        far = tuple(piece for piece in written.tables if piece.tier)
        setting = replace(setting, image=write_image(replace(written, tables=far)), preloaded=written)
    requests = text.requests()
    golden = Golden(network, program)
    due: list[tuple[list[int], list[Write]]] = []
    actions: list[Action] = [("hello",)]
    for number, request in enumerate(requests, start=1):
        symbols, writes = list[int](), list[Write]()
        for given in request:
            writes = golden.step(given)
            symbols.append(golden.symbol)
        if not text.each and number < len(requests):
            writes = []
        due.append((symbols, writes))
        actions.append(("step", len(request)) if request[0] is None else ("feed", request))
        actions += [("store", *_span(write)) for write in writes]
    heard = converse(subject.netlist, subject.board, setting, [*actions, ("counters",)], folder=folder)
    return _compare(heard, subject, due, image=setting.image)


def _span(write: Write) -> tuple[int, int]:
    first = int(write.addresses.min())
    return first, int(write.addresses.max()) - first + 1


def _compare(heard: Heard, subject: Subject, due: Sequence[tuple[list[int], list[Write]]], *, image: bytes) -> Checked:
    network, program, board = subject.network, subject.program, subject.board

    def memory(tier: int, address: int, size: int) -> bytes:
        return image[address - board.image_offset :][:size] if tier else heard.tables[address : address + size]

    replies = iter(heard.replies)
    greeting = next(replies)
    wrong = [] if greeting["loaded"] and heard.green and not heard.red else ["the FPGA has not loaded the image in its flash"]
    if not greeting["flash_same"] or greeting["signature"] != signature(unpack(image)[1]):
        wrong.append(f"HELLO tells of an image with the signature {greeting['signature']:#010x}, which is another one")
    chosen: list[int] = []
    compared = 0
    for symbols, writes in due:
        got_symbols: list[int] = next(replies)
        first, last = len(chosen), len(chosen) + len(symbols) - 1
        for write in writes:
            got: Int16 = np.array(next(replies), np.int16)[write.addresses - _span(write)[0]]
            compared += int(np.count_nonzero(got == write.values))
            found = find_difference(network, program, write, got=got, step=last, memory=memory)
            wrong += [str(found)] if found else []
        pairs = enumerate(zip(got_symbols, symbols, strict=True), start=first)
        wrong += [
            f"step {step}: the core chose symbol {symbol}, golden {expected}" for step, (symbol, expected) in pairs if symbol != expected
        ]
        chosen += got_symbols
    clocks, predicted = next(replies)["clocks"], _predicted(program, board, [len(symbols) for symbols, _ in due])
    if predicted not in (None, clocks):
        wrong.append(f"the steps took {clocks} clocks, the cycle model says {predicted}")
    if heard.unknown:
        wrong.append(f"{heard.unknown} writes to memories were unknown")
    if heard.resent:
        wrong.append(f"{heard.resent} requests had to be sent again")
    if heard.violations:
        wrong.append(f"limits of the flash chip were broken: {', '.join(sorted(set(heard.violations)))}")
    return Checked(heard=heard, symbols=chosen, compared=compared, clocks=clocks, predicted=predicted, wrong=wrong)


def _predicted(program: Program, board: Board, requests: Sequence[int]) -> int | None:
    if any(run.tier for run in program.runs):
        return None
    return sum(step.clocks for count in requests for step in predict(program, board, steps=count).steps[:count])
