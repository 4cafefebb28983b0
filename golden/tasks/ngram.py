"""Interpolated n-gram tables over bytes, the baseline a text network is printed beside (Witten-Bell smoothing).

p_k(c | context of k bytes) = (count(context c) + kinds(context) * p_{k-1}(c)) / (count(context) + kinds(context)),
kinds(context) being the different bytes seen after it, and p_{-1} uniform over the 256 bytes. Counts come from the training part alone.
"""

import numpy as np

from polychron.system.progress import under_way


def ngram_bits(train: bytes, held_out: bytes, *, orders: tuple[int, ...] = (3, 4, 5, 6)) -> dict[int, float]:
    """Bits of every byte of ``held_out`` for each order; order k sees the k - 1 bytes before, at first those at the end of ``train``."""
    with under_way("counting n-grams"):
        return _ngram_bits(train, held_out, orders)


def _ngram_bits(train: bytes, held_out: bytes, orders: tuple[int, ...]) -> dict[int, float]:
    seen = np.frombuffer(train, np.uint8).astype(np.int64)
    both = np.concatenate([seen, np.frombuffer(held_out, np.uint8).astype(np.int64)])
    if not len(held_out):
        raise ValueError("the held-out text is empty")
    p = np.full(len(held_out), 1 / 256)
    bits = {}
    context = np.zeros(len(both), np.int64)  # number of the context before each byte
    for length in range(max(orders)):
        different, gram = np.unique(context * 256 + both, return_inverse=True)  # numbered from 0 in order of value
        grams = len(different)
        count_gram = np.bincount(gram[: len(seen)], minlength=grams)
        contexts = int(context.max()) + 1
        count_context = np.bincount(context[: len(seen)], minlength=contexts)
        first = np.zeros(grams, bool)
        first[gram[: len(seen)]] = True
        owner = np.zeros(grams, np.int64)
        owner[gram] = context
        kinds = np.bincount(owner[first], minlength=contexts)
        here, now = context[len(seen) :], gram[len(seen) :]
        total = count_context[here] + kinds[here]
        p = np.where(total > 0, (count_gram[now] + kinds[here] * p) / np.maximum(total, 1), p)
        if length + 1 in orders:
            bits[length + 1] = float(-np.log2(p).mean())
        context = np.concatenate([[grams], gram[:-1]])  # the byte before and its own context; the first byte has none of this length
    return bits


def comparison(found: dict[int, float]) -> str:
    """What :func:`ngram_bits` has found, in one line."""
    table = ", ".join(f"{order}-gram {bits:.3f}" for order, bits in found.items())
    return f"for comparison, interpolated n-grams on the same split: {table}"
