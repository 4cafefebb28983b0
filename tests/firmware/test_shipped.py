"""The networks that ship with the project: they fit the iCEBreaker, lose no clock to bubbles, and give golden's latencies."""

from pathlib import Path

import pytest

import boards
import golden
from firmware.compiler import compile_network
from firmware.compiler.schedule import ideal_words
from firmware.estimate import estimate
from firmware.image import read_image, write_image
from golden.file import load

from .execution import first_difference

NETWORKS = Path(golden.__file__).parent / "networks"


@pytest.mark.parametrize("name", ["digits", "shakespeare"])
@pytest.mark.parametrize("board", sorted(boards.BOARDS))
def test_shipped(name: str, board: str) -> None:
    network = load(NETWORKS / f"{name}.safetensors")
    program = compile_network(network, boards.get(board), name=name)
    assert first_difference(network, read_image(write_image(program)), seed=1, steps=30) is None
    figures = estimate(program, boards.get(board))
    assert figures.limit == figures.beats
    layers = [group for layer in (*network.hidden, network.output) for group in layer.groups]
    ideal = sum(ideal_words(group.n_t, group.n_c, 2) for group in layers)
    # the text network reads longer than it compares, so that a bubble costs it nothing
    assert len(program.anchors) <= (ideal if name == "digits" else 1.1 * ideal)
