"""Sizes of a core: what is refused, in which words, and what is taken."""

import pytest

from firmware import isa
from hdl.core.params import CoreParams


@pytest.mark.parametrize("value", [0, 3, 4, -1, "2"])
def test_comparators_refused(value) -> None:
    with pytest.raises(ValueError, match=rf"^comparators must be 1 or 2, not {value!r}$"):
        CoreParams(comparators=value)


@pytest.mark.parametrize(("name", "high"), [("table_beats", 1 << 22), ("anchor_words", 1024), ("index_depth", 1024)])
def test_sizes(name: str, high: int) -> None:
    for value in (16, 32, high):
        assert getattr(CoreParams(**{name: value}), name) == value
    for value in (-16, 0, 8, 15, 17, 48, high - 1, high + 1, 2 * high):
        with pytest.raises(ValueError, match=rf"^{name} must be a power of two from 16 to {high}, not {value}$"):
            CoreParams(**{name: value})


def test_positional_sizes_are_refused() -> None:
    with pytest.raises(TypeError):
        CoreParams(2)  # type: ignore[misc]


@pytest.mark.parametrize("comparators", [1, 2])
def test_anchor_words_fit_their_memory(comparators: int) -> None:
    width = CoreParams(comparators=comparators).anchor_width
    assert width % 16 == 0
    assert isa.anchor_bits(comparators) <= width < isa.anchor_bits(comparators) + 16
    assert width <= 64  # what an image gives an anchor word
