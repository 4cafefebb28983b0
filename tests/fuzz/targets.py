"""What the fuzzers of files and of the link share: networks, numbers of mutants, the form of a refusal."""

import pytest

import boards

from ..firmware.networks import random_network
from ..firmware.transformers import random_transformer

BOARD = boards.get("icebreaker")
COUNTS = [300, pytest.param(20_000, marks=pytest.mark.slow)]
NETWORKS = {
    "rnn": random_network(1, kind="rnn", max_n=12),
    "deep": random_network(2, kind="deep", max_n=12),
    "transformer": random_transformer(3),
}


def one_sentence(error: Exception) -> None:
    text = str(error)
    assert "\n" not in text
    assert len(text) < 1000, text[:1000]
