"""What the golden model beside a core refuses, for each kind of network."""

import numpy as np
import pytest

from firmware.sampling import Sampling
from golden.integer.sampling import Sampler
from sim.compare.expected import sampler_of, steps_of

from ...firmware.networks import random_network
from ...firmware.transformers import random_transformer


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("deep", 1, "a deep network's step needs its inputs"),
        ("deep", None, "a deep network's step needs its inputs"),
        ("signal", None, "a signal network's step needs its inputs"),
        ("rnn", np.zeros(3, np.int16), "a text network's step takes a symbol or None"),
        ("transformer", np.zeros(3, np.int16), "a text network's step takes a symbol or None"),
    ],
)
def test_a_step_of_something_else(kind: str, given: object, message: str) -> None:
    network = random_transformer(1) if kind == "transformer" else random_network(1, kind=kind)
    with pytest.raises(ValueError, match=f"^{message}$"):
        steps_of(network, Sampler())(given, [])  # type: ignore[arg-type]


def test_an_unknown_network() -> None:
    with pytest.raises(TypeError, match=r"^object has no steps to compare with$"):
        steps_of(object(), Sampler())  # type: ignore[arg-type]


def test_a_sampler_without_its_table() -> None:
    with pytest.raises(ValueError, match=r"^the program draws with jitter, and has no jitter table$"):
        sampler_of(Sampling(jittered=True))
    jitter = np.arange(256).astype(np.int16)
    assert sampler_of(Sampling(jittered=True, jitter=jitter, seed=3, k=2)).choose(np.array([5, 5, 300])) in (0, 1)
