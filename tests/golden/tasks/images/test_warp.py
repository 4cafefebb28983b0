import numpy as np
import pytest

from golden.tasks.images.recipe import Warp
from golden.tasks.images.warp import _sample_all, warp

STILL = Warp(turn=0.0, scale=0.0, shear=0.0, shift=0.0)
SOME = Warp(turn=8.0, scale=0.1, shear=0.1, shift=0.5)


def images(count=20):
    return np.random.default_rng(0).integers(0, 17, (count, 64)).astype(np.int16)


def test_no_distortion_is_the_image_itself():
    np.testing.assert_array_equal(warp(images(), STILL, rng=np.random.default_rng(1)), images())


def test_distortions_are_seeded_and_stay_in_range():
    first = warp(images(), SOME, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(first, warp(images(), SOME, rng=np.random.default_rng(1)))
    assert not np.array_equal(first, warp(images(), SOME, rng=np.random.default_rng(2)))
    assert (first != images()).mean() > 0.3
    assert first.min() >= 0
    assert first.max() <= 16


def read_at(matrix):
    out = np.empty_like(images(1))
    _sample_all(images(1), 8, np.array([matrix], float), out)
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


def test_images_must_be_square():
    with pytest.raises(ValueError, match="images must be square, not of 63 pixels"):
        warp(images()[:, :63], STILL, rng=np.random.default_rng(0))
