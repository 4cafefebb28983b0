"""The text task's pieces: splits, vocabularies, the pinned default text, n-grams, anchors."""

import math
import sys
from collections import Counter

import numpy as np
import pytest

from golden.integer.layer import NetworkError
from golden.integer.symbols import encode, unseen
from golden.model.anchors import covering_anchors, grouped_anchors, random_anchors
from golden.tasks import text as text_module
from golden.tasks.ngram import ngram_bits
from golden.tasks.text import Text, default_text, described_vocabulary, read_text, vocabulary


def test_the_last_tenth_is_held_out():
    text = Text(data=bytes(range(95)), name="x")
    assert len(text.train) == 85
    assert text.train + text.held_out == text.data


def test_a_sample_is_spread_evenly_over_what_is_held_out():
    text = Text(data=bytes(1800) + bytes(range(200)), name="x")
    assert text.held_out == bytes(range(200))
    sample = text.sample(40)
    assert len(sample) == 40
    pieces = [sample[low : low + 5] for low in range(0, 40, 5)]
    assert pieces == [bytes(range(low, low + 5)) for low in (0, 27, 55, 83, 111, 139, 167, 195)]
    assert text.sample(200) == text.sample(1000) == text.held_out


def test_a_vocabulary_keeps_the_commonest_bytes_and_the_unknown_symbol():
    symbols = vocabulary(b"banana nab", size=4)
    assert symbols == (ord("a"), ord("n"), ord("b"), -1)
    assert encode(symbols, b"ab n").tolist() == [0, 2, 3, 1]
    assert unseen(symbols) == 253
    assert vocabulary(b"ab", size=64) == (ord("a"), ord("b"), -1)
    with pytest.raises(NetworkError, match=r"2..256 symbols, not 1"):
        vocabulary(b"ab", size=1)
    with pytest.raises(NetworkError, match=r"no symbol for byte 0x7a \(at offset 1\)"):
        encode((97, 98), b"az")


def test_what_has_no_symbol_is_said():
    data = b"banana nab\n\x80"
    assert described_vocabulary(vocabulary(data, size=7), data) == "vocabulary: all 6 byte values of the text have a symbol"
    said = described_vocabulary(vocabulary(data, size=4), data)
    assert said.startswith("vocabulary: 3 of the text's 6 byte values have a symbol; the others, 25.00% of the text, are read as unknown: ")
    assert said.endswith(r"\n   \x80 (--symbols 7 keeps all; each costs a column of the output tables)")
    assert len(described_vocabulary(vocabulary(data, size=2), bytes(range(200)))) < 400


def test_the_default_text_is_pinned(monkeypatch):
    text = default_text()
    assert (text.note == "") == (text.sha256 == text_module.PINNED_SHA256)
    monkeypatch.setattr(text_module, "PINNED_SHA256", "0" * 64)
    other = default_text()
    assert other.data == text.data
    assert other.note.startswith("these are not the help topics of CPython 3.11.7")
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(NetworkError, match=r"name a text with --text"):
        default_text()


def test_an_unreadable_text_is_refused(tmp_path):
    with pytest.raises(NetworkError, match=r"cannot be read"):
        read_text(tmp_path / "absent.txt")


def loop_ngram(train: bytes, held_out: bytes, order: int) -> float:
    """Witten-Bell by recursion over dictionaries."""
    counts = [Counter(train[t - k : t + 1] for t in range(k, len(train))) for k in range(order)]

    def p(context: bytes, byte: int) -> float:
        k = len(context)
        lower = p(context[1:], byte) if k else 1 / 256
        after = {gram[-1]: count for gram, count in counts[k].items() if gram[:-1] == context}
        if not after:
            return lower
        return (after.get(byte, 0) + len(after) * lower) / (sum(after.values()) + len(after))

    data = train + held_out
    places = range(len(train), len(data))
    return sum(-math.log2(p(data[t - order + 1 : t], data[t])) for t in places) / len(held_out)


def test_ngrams_equal_the_recursion():
    rng = np.random.default_rng(0)
    data = rng.choice(np.frombuffer(b"abcd e", np.uint8), 300, p=[0.3, 0.2, 0.2, 0.1, 0.15, 0.05]).tobytes()
    train, held_out = data[:250], data[250:] + b"zz"
    found = ngram_bits(train, held_out, orders=(1, 2, 4))
    for order in (1, 2, 4):
        assert found[order] == pytest.approx(loop_ngram(train, held_out, order))
    assert ngram_bits(held_out, train, orders=(1,))[1] != pytest.approx(found[1])
    with pytest.raises(ValueError, match=r"held-out text is empty"):
        ngram_bits(train, b"")


def test_random_anchors_use_a_neuron_once_a_table(rng):
    anchors = random_anchors(n_t=30, n_c=6, n=12, rng=rng)
    assert all(len(set(table.reshape(-1).tolist())) == 12 for table in anchors)
    crowded = random_anchors(n_t=5, n_c=9, n=4, rng=rng)
    assert (crowded[..., 0] != crowded[..., 1]).all()
    assert crowded.min() >= 0
    assert crowded.max() < 4


@pytest.mark.parametrize("n", [2, 5, 8])
def test_covering_anchors_watch_every_pair_before_one_repeats(n, rng):
    pairs = n * (n - 1) // 2
    anchors = covering_anchors(n_t=pairs, n_c=3, n=n, rng=rng).reshape(-1, 2)
    seen = [tuple(sorted(pair)) for pair in anchors.tolist()]
    for low in range(0, 3 * pairs, pairs):
        assert len(set(seen[low : low + pairs])) == pairs
    with pytest.raises(ValueError, match=r"n must be at least 2"):
        covering_anchors(n_t=1, n_c=1, n=1, rng=rng)


@pytest.mark.parametrize("n", [13, 64, 256])
def test_grouped_anchors_take_one_neuron_of_each_group(n, rng):
    def groups(anchors):
        return [set(four % 4) for table in range(0, 6, 2) for four in anchors[table : table + 2].transpose(1, 0, 2).reshape(-1, 4)]

    anchors = grouped_anchors(n_t=7, n_c=n // 8, n=n, rng=rng)
    assert anchors.shape == (7, n // 8, 2)
    assert anchors.min() >= 0
    assert anchors.max() < n
    assert all(found == {0, 1, 2, 3} for found in groups(anchors))
    assert all(len(set(table.ravel().tolist())) == table.size for table in anchors)
    assert any(found != {0, 1, 2, 3} for found in groups(random_anchors(n_t=7, n_c=n // 8, n=n, rng=rng)))


def test_grouped_anchors_need_four_neurons(rng):
    with pytest.raises(ValueError, match=r"^n must be at least 4 to make groups, not 3$"):
        grouped_anchors(n_t=2, n_c=1, n=3, rng=rng)
