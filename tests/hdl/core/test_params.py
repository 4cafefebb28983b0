"""Sizes of a core: what is refused, in which words, and what is taken."""

from dataclasses import replace

import pytest

import boards
from firmware import isa
from hdl.board.parts import core_params
from hdl.core.params import CoreParams


@pytest.mark.parametrize(("name", "choices"), [("lanes", "8, 16, 32"), ("comparators", "1, 2, 4")])
@pytest.mark.parametrize("value", [0, 3, 5, 64, -1, "2"])
def test_widths_refused(name: str, choices: str, value) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be one of {choices}, not {value!r}$"):
        isa.Width(**{name: value})


@pytest.mark.parametrize(("lanes", "bits"), [(8, 21), (16, 20), (32, 19)])
def test_beats_of_a_flash_of_16_mb(lanes: int, bits: int) -> None:
    assert CoreParams(width=isa.Width(lanes=lanes), table_beats=1024, far_bytes=1).address_bits == bits
    assert CoreParams(width=isa.Width(lanes=lanes), table_beats=1024).address_bits == 10


@pytest.mark.parametrize(("lanes", "bits"), [(8, 20), (16, 19), (32, 18)])
def test_beats_of_a_bank_of_8_mb(lanes: int, bits: int) -> None:
    assert CoreParams(width=isa.Width(lanes=lanes, far_banks=4), table_beats=1024, far_bytes=4).address_bits == bits


@pytest.mark.parametrize(
    ("banks", "lanes", "far_bytes", "message"),
    [
        (1, 8, 4, "far_bytes must be 0 or 1, and with an SDRAM 4 or 8, not 4"),
        (4, 8, 1, "far_bytes must be 0 or 1, and with an SDRAM 4 or 8, not 1"),
        (4, 8, 8, "far_bytes must be at most half a beat of 8 bytes, not 8"),
    ],
)
def test_far_tiers_refused(banks: int, lanes: int, far_bytes: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        CoreParams(width=isa.Width(lanes=lanes, far_banks=banks), far_bytes=far_bytes)


@pytest.mark.parametrize(
    ("name", "high", "rule"),
    [
        ("table_beats", 1 << 22, "a power of two or a multiple of 128"),
        ("anchor_words", 4096, "a power of two"),
        ("index_depth", 1024, "a power of two"),
    ],
)
def test_sizes(name: str, high: int, rule: str) -> None:
    for value in (16, 32, high):
        assert getattr(CoreParams(**{name: value}), name) == value
    for value in (-16, 0, 8, 15, 17, 48, 200, high - 1, high + 1, 2 * high):
        with pytest.raises(ValueError, match=rf"^{name} must be {rule} from 16 to {high}, not {value}$"):
            CoreParams(**{name: value})


def test_tables_in_whole_rows() -> None:
    for value, bits in ((384, 9), (640, 10), (10240, 14), (12288, 14)):
        assert CoreParams(table_beats=value).address_bits == bits


def test_tables_of_broken_beats_are_refused() -> None:
    board = boards.get("ulx3s_85f")
    broken = replace(board, tiers=(replace(board.tiers[0], size=131_080),))
    with pytest.raises(ValueError, match=r"^tiers\[0\].size of ulx3s_85f must be whole beats of 16 bytes, not 131080 bytes$"):
        core_params(broken)


def test_positional_sizes_are_refused() -> None:
    with pytest.raises(TypeError):
        CoreParams(2)  # type: ignore[misc]


@pytest.mark.parametrize("lanes", [8, 16, 32])
@pytest.mark.parametrize("comparators", [1, 2, 4])
def test_anchor_words_fit_their_memory(comparators: int, lanes: int) -> None:
    width = isa.Width(lanes=lanes, comparators=comparators)
    size = CoreParams(width=width).anchor_width
    assert size % 16 == 0
    assert width.anchor_bits <= size < width.anchor_bits + 16
    columns = width.anchor_columns  # what an image gives an anchor word
    assert size <= 16 * columns == (64 if comparators < 4 else 128)
    assert width.anchor_beats * width.side_words >= columns
