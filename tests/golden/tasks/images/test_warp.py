import numpy as np
import pytest

from golden.tasks.images.recipe import Warp
from golden.tasks.images.warp import _sample_all, warp

STILL = Warp(turn=0.0, scale=0.0, shear=0.0, shift=0.0)
SOME = Warp(turn=8.0, scale=0.1, shear=0.1, shift=0.5)


def images(count=20):
    return np.random.default_rng(0).integers(0, 17, (count, 64)).astype(np.int16)


def test_no_distortion_is_the_image_itself():
    np.testing.assert_array_equal(warp(images(), (8, 8), STILL, rng=np.random.default_rng(1)), images())


def test_distortions_are_seeded_and_stay_in_range():
    first = warp(images(), (8, 8), SOME, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(first, warp(images(), (8, 8), SOME, rng=np.random.default_rng(1)))
    assert not np.array_equal(first, warp(images(), (8, 8), SOME, rng=np.random.default_rng(2)))
    assert (first != images()).mean() > 0.3
    assert first.min() >= 0
    assert first.max() <= 16


def read_at(matrix):
    out = np.empty_like(images(1))
    _sample_all(images(1), 8, 8, np.array([matrix], float), out)
    return out.reshape(8, 8)


def test_a_shift_reads_one_row_further_down():
    square = images(1).reshape(8, 8)
    moved = read_at([[1, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(moved[:7], square[1:])
    assert (moved[7] == 0).all()
    assert not np.array_equal(moved, square)


def test_a_half_shift_is_the_mean_of_two_columns():
    square = images(1).reshape(8, 8).astype(int)
    np.testing.assert_array_equal(read_at([[1, 0, 0], [0, 1, 0.5]])[:, :7], (square[:, :7] + square[:, 1:] + 1) // 2)


def test_a_quarter_turn():
    square = images(1).reshape(8, 8)
    turned = read_at([[0, 1, 0], [-1, 0, 0]])
    np.testing.assert_array_equal(turned, np.rot90(square))
    assert not np.array_equal(turned, np.rot90(square, -1))


@pytest.mark.parametrize("size", [(4, 16), (16, 4), (1, 64)])
def test_images_of_other_sizes(size):
    """A shift by a row and two columns; what comes from beyond the border is 0."""
    np.testing.assert_array_equal(warp(images(), size, STILL, rng=np.random.default_rng(1)), images())
    out = np.empty_like(images(1))
    _sample_all(images(1), *size, np.array([[[1, 0, 1], [0, 1, -2]]], float), out)
    wanted = np.zeros(size)
    wanted[: size[0] - 1, 2:] = images(1).reshape(size)[1:, : size[1] - 2]
    np.testing.assert_array_equal(out.reshape(size), wanted)


def test_images_must_have_their_size():
    with pytest.raises(ValueError, match="images must have 8 x 8 pixels, not 63"):
        warp(images()[:, :63], (8, 8), STILL, rng=np.random.default_rng(0))
