"""The networks that ship with the project: they fit the iCEBreaker, lose no clock to bubbles, and give golden's latencies."""

from pathlib import Path

import pytest

import boards
import golden
from firmware.compiler import CompileError, compile_network
from firmware.compiler.store.schedule import ideal_words
from firmware.estimate import estimate
from firmware.image.image import read_image, write_image
from golden.integer.file import load
from golden.integer.network import Network
from golden.integer.shipped import shipped_networks
from golden.integer.transformer import TransformerNetwork

from .execution import first_difference

NETWORKS = Path(golden.__file__).parent / "networks"
SMALL = ("digits", "shakespeare", "transformer")
LARGE = tuple(name for name in shipped_networks() if name not in (*SMALL, "mnist"))


def ideal(network: Network) -> int:
    blocks = network.blocks if isinstance(network, TransformerNetwork) else ()
    heads = [anchors.shape for block in blocks for head in block.heads for anchors in (head.query, head.key)]
    shapes = [(group.n_t, group.n_c) for layer in network.layers().values() for group in layer.groups]
    return sum(ideal_words(n_t, n_c, 2) for n_t, n_c, *_ in [*shapes, *heads])


def fits(name: str, board: boards.Board) -> bool:
    """On chip."""
    return name == "digits" or board.tiers[0].size >= 128 << 10


@pytest.mark.parametrize(("board", "name"), [(b, n) for b in boards.BOARDS for n in SMALL if boards.get(b).far or fits(n, boards.get(b))])
def test_shipped(board: str, name: str) -> None:
    network, record = load(NETWORKS / f"{name}.safetensors"), boards.get(board)
    program = compile_network(network, record, name=name)
    size, near = record.tiers[0].size, fits(name, record)
    assert first_difference(network, read_image(write_image(program)), seed=1, steps=40, size=size) is None
    figures = estimate(program, record)
    assert (program.image_offset is None) == (near or record.sdram is not None)
    assert (figures.limit == figures.beats) == near
    # text networks read longer than they compare, so that a bubble costs them nothing
    assert len(program.anchors) <= {"digits": 1, "shakespeare": 1.1, "transformer": 1.3}[name] * ideal(network)


@pytest.mark.parametrize("name", LARGE)
def test_shipped_for_flash(name: str) -> None:
    """No neuron is stored twice, so that nothing is read but the network's own columns, where anchors lie in groups; the board without a
    flash refuses it."""
    network = load(NETWORKS / f"{name}.safetensors")
    board = boards.get("icebreaker")
    program = compile_network(network, board, name=name)
    image = write_image(program)
    assert board.image_offset == program.image_offset
    assert board.image_offset + len(image) <= board.flash_size
    assert first_difference(network, read_image(image), seed=1, steps=30) is None
    figures = estimate(program, board)
    assert figures.slowest.tier is board.flash
    assert program.meta.placement.state_words * 8 == network.n
    with pytest.raises(CompileError, match=r"^.{,300}upduino_v3 has 128\.0 KiB, \d+\.\d KiB too few: tier SPRAM is full$"):
        compile_network(network, boards.get("upduino_v3"))


def test_there_is_a_network_for_flash() -> None:
    assert "paper-rnn" in LARGE
