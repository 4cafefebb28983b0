"""The bytes of a step on the link: those of a core in plain Python, and of the simulated one of the page."""

import re

import pytest

import boards
from benchmarks.signals.line import Answering, main, measured, together
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.image.image import write_image
from polychron.tuning.costs import SignalInputs
from polychron.tuning.shapes import Shape

from ..environments import ROOT
from ..firmware.host.core import FakeCore

BOARD = boards.get("icebreaker")


class Counted(FakeCore):
    """A core, and the bytes that are moved."""

    moved = 0

    def write(self, data: bytes) -> None:
        self.moved += len(data)
        super().write(data)

    def read(self, size: int, timeout: float) -> bytes:
        found = super().read(size, timeout)
        self.moved += len(found)
        return found


@pytest.mark.parametrize(("inputs", "outputs"), [(6, 1), (90, 5)])
def test_a_core_moves_as_many(inputs: int, outputs: int) -> None:
    network = SignalInputs(count=inputs, outputs=outputs, seed=3).network(Shape(40, 4, 1))
    core = Counted()
    device = Device(Host(core), write_image(compile_network(network, BOARD)))
    device.load()
    before = core.moved
    device.classify([5] * inputs)
    device.host.store(device.program.meta.placement.output, outputs)
    line = measured(network, BOARD, Answering())
    assert core.moved - before == line.now == line.written + line.run + line.read
    assert line.now - line.stepping == 15
    assert line.together < line.stepping


def test_latencies_with_a_step_are_in_ranges() -> None:
    """A gap of a latency is sent, one of two is not; 255 bytes are a frame."""
    empty = 2 * 6 + 1 + 2 * 4  # both frames, the symbol, four outputs
    assert together([7], outputs=4) == empty + 3 + 2
    assert together([7, 9], outputs=4) == empty + 3 + 6
    assert together([7, 10], outputs=4) == empty + 6 + 4
    assert together(list(range(126)), outputs=4) == empty + 3 + 252
    assert together(list(range(127)), outputs=4) == empty + 3 + 254 + 3 + 12


def test_the_page_has_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    page = (ROOT / "docs" / "reference" / "link.md").read_text(encoding="utf-8")
    table = capsys.readouterr().out
    assert table in page
    first = table.splitlines()[2].split(" | ")
    told = re.search(r"That is (\d+) bytes, in both directions, and", (ROOT / "docs" / "user" / "own-data.md").read_text(encoding="utf-8"))
    assert told is not None
    assert int(first[4]) + int(first[5]) == int(told[1])  # of the simulated board, which reads no outputs
