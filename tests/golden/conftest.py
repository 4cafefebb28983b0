"""Small random networks for the tests of the golden model."""

import numpy as np
import pytest

from golden.integer.network import Network

from .helpers import make_deep, make_rnn


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def rnn(rng: np.random.Generator) -> Network:
    return make_rnn(rng)


@pytest.fixture
def deep(rng: np.random.Generator) -> Network:
    return make_deep(rng)
