"""The arrays of a float transformer, as a file has them: whole, or refused before compiled code sees them."""

import numpy as np
import pytest

from golden.model.transformer import Shape, Transformer

SHAPE = Shape(n=8, blocks=2, heads=1, n_t=4, n_c=2, p=1, context=8, feed=None, output=(4, 2))


def arrays() -> dict[str, np.ndarray]:
    return Transformer.start(shape=SHAPE, n_sym=4, rng=np.random.default_rng(1)).arrays()


def test_the_arrays_of_a_transformer_make_the_same_one() -> None:
    again = Transformer.from_arrays(arrays()).arrays()
    assert again.keys() == arrays().keys()
    assert all(np.array_equal(again[name], array) for name, array in arrays().items())


@pytest.mark.parametrize(
    ("name", "cut", "message"),
    [
        ("blocks.1.place", np.s_[:0], "blocks.1 has query, key and position anchors of 4, 4 and 0 tables"),
        ("blocks.1.key", np.s_[:3], "blocks.1 has query, key and position anchors of 4, 3 and 4 tables"),
        ("blocks.0.place", np.s_[:, :, :0], "blocks.0.place has anchors that are no pairs"),
        ("blocks.1.position", np.s_[:7], "blocks.1.position must have as many rows as that of blocks.0, not 7"),
        ("blocks.0.heads", np.s_[:1], "blocks.0.heads must be two numbers, not 1"),
        ("blocks.0.heads", np.s_[0], "blocks.0.heads must be int16 of 1 dimensions, not int16 of 0"),
    ],
)
def test_an_array_that_does_not_fit_the_others_is_refused(name: str, cut: object, message: str) -> None:
    changed = arrays()
    changed[name] = np.asarray(changed[name][cut])
    with pytest.raises(ValueError, match=f"^{message}"):
        Transformer.from_arrays(changed)


@pytest.mark.parametrize("numbers", [(0, 0), (3, 0), (1, 9), (1, -1)])
def test_heads_and_variant(numbers: tuple[int, int]) -> None:
    message = f"blocks.0.heads must divide its 4 tables and name a variant, not {numbers[0]}, {numbers[1]}"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Transformer.from_arrays(arrays() | {"blocks.0.heads": np.array(numbers, np.int16)})


def test_the_reference_variant_shares_its_anchors() -> None:
    changed = arrays() | {"blocks.0.heads": np.array([1, 1], np.int16)}
    with pytest.raises(ValueError, match=r"^blocks\.0 must have the same query and key anchors in the reference variant$"):
        Transformer.from_arrays(changed)
