"""The embedded core with its flash, compiled, the chip at its pins: loads its image from there, and runs tables that stay there."""

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

import boards
from firmware.compiler import compile_network
from firmware.image.image import store_image, write_image
from firmware.isa import Width
from firmware.program import Program
from golden.integer.network import Network
from hdl.board.embedded import EmbeddedCore
from hdl.core.layouts import row_stream
from hdl.flash.rest import rest_clocks
from sim.compare.expected import Golden
from sim.compiled.build import build
from sim.cycles.timing import FLASH
from sim.machines.machine import FlashSetup, Machine

from ...firmware.flashed import WITH_FLASH, small_board
from ...firmware.networks import random_network

REST = rest_clocks(Width.of(WITH_FLASH))


class Embedded(Machine):
    """From reset on, with ``image`` in the chip, or ``content`` in its place."""

    def __init__(self, board: boards.Board, image: bytes, content: bytes | None = None) -> None:
        super().__init__(build(EmbeddedCore(board)), Width.of(board))
        self._attach_flash(board, image, FlashSetup(content=content))

    def step(self, given: int | None) -> int:
        self.sim["symbol__ready"], self.sim["step__valid"] = 1, 1
        self.sim["step__payload"] = 0 if given is None else 1 | given << 1
        self.sim.run_until("step__ready", limit=2 * REST)
        self.sim["step__valid"] = 0
        self.sim.run_until("symbol__valid", limit=1 << 16)
        return self.sim["symbol__payload"]

    def pulse(self, port: str) -> None:
        self.sim[port] = 1
        self.sim.clock()
        self.sim[port] = 0


def in_flash(mode: str) -> tuple[boards.Board, Network, Program]:
    """A text network with its tables in flash, but for 256 bytes."""
    network = random_network(10, kind="rnn")
    board = boards.flash_mode(small_board(256, base=0x140000, offset=WITH_FLASH.image_offset), mode)  # type: ignore[arg-type]
    program = compile_network(network, board)
    assert {run.tier for run in program.runs} == {0, 1}
    return boards.flash_mode(WITH_FLASH, mode), network, program  # type: ignore[arg-type]


def check(core: Embedded, golden: Golden, given: list[int | None]) -> Iterator[bool]:
    """Of each step whether symbol and latencies are golden's."""
    for one in given:
        writes = golden.step(one)
        symbol, store = core.step(one), core.latencies()
        yield symbol == golden.symbol and all(np.array_equal(store[write.addresses], write.values) for write in writes)


@pytest.mark.parametrize("lanes", [8, 16, 32])
@pytest.mark.parametrize(("byte_clocks", "row_clocks"), boards.FLASH_MODES.values())
def test_a_row_under_way_is_over_before_the_next_step(lanes: int, byte_clocks: int, row_clocks: int) -> None:
    """The longest there is, and one that the controller has just seen."""
    width = Width(lanes=lanes)
    beats = 1 << row_stream(width).create().payload.more.shape().width
    longest = beats * lanes * byte_clocks + row_clocks + FLASH[byte_clocks].seen_to_taken
    assert longest < rest_clocks(width) == 1 << (rest_clocks(width) - 1).bit_length()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["byte", "nibble"])
def test_it_boots_and_runs_tables_in_flash(mode: str) -> None:
    """Then once more after an abort in the middle of a row, from an image that comes by the port, and after a scrub."""
    board, network, program = in_flash(mode)
    image, given = write_image(program), [1, 0, None, None, None, None]
    with closing(Embedded(board, image)) as core:
        core.sim.run_until("load__done", limit=1 << 20)
        assert all(check(core, Golden(network, program), given))
        core.sim["step__valid"] = 1
        core.sim.clock(150)
        core.sim["step__valid"] = 0
        core.pulse("abort")
        core.pulse("image_start")
        core.sim["image__valid"] = 1
        for byte in store_image(program.store, width=program.width):
            core.sim["image__payload"] = byte
            core.sim.run_until("image__ready", limit=100)
        core.sim["image__valid"] = 0
        core.sim.run_until("load__done", limit=100)
        assert all(check(core, Golden(network, program), given))
        core.pulse("scrub")
        core.sim.run_until("load__done", limit=1 << 22)
        assert not core.sim["load__error"]
        assert core.chip is not None
        assert not core.chip.violations
    flash = bytearray(image)
    flash[-100] ^= 1
    with closing(Embedded(board, image, bytes(flash))) as core:
        core.sim.run_until("load__done", limit=1 << 20)
        core.pulse("scrub")
        core.sim.run_until("load__error", limit=1 << 22)
