"""Loops over the rows that a text made a network read: who visited each, who shares most of them, and output rows learnt anew."""

import numpy as np

from .kernel import kernel


@kernel()
def count_visits(rows, owners, families, seed, counts, examples):
    """Add the visits ``rows`` (symbols, reads), -1 none, of programs ``owners`` (symbols,), each of its family (programs,).

    ``counts`` (rows, families); ``examples`` (rows, k): of all visits of a row so far k drawn evenly (a reservoir), as programs, -1: none.
    """
    k = examples.shape[1]
    for t in range(rows.shape[0]):
        owner = owners[t]
        for row in rows[t]:
            if row < 0:
                continue
            counts[row, families[owner]] += 1
            total = np.uint64(0)
            for family in range(counts.shape[1]):
                total += counts[row, family]
            if total <= k:
                examples[row, total - np.uint64(1)] = owner
            else:
                place = _mixed(np.uint64(seed) ^ (np.uint64(row) << np.uint64(32)) ^ total) % total
                if place < k:
                    examples[row, place] = owner


@kernel()
def _mixed(value):
    """The finaliser of SplitMix64."""
    value += np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@kernel()
def share_rows(rows, symbols, owners, wanted, weights, chosen, best):
    """``best`` (queries, programs): the most that any symbol of a program shares with a query.

    ``rows`` (symbols, n_t) are read before ``symbols``, which belong to ``owners``. Of a query: its rows ``wanted`` (n_t,), what each
    counts in ``weights``, and the symbol that it is about in ``chosen``; other symbols share nothing with it.
    """
    for t in range(rows.shape[0]):
        for q in range(wanted.shape[0]):
            if symbols[t] == chosen[q]:
                shared = 0
                for j in range(rows.shape[1]):
                    if rows[t, j] == wanted[q, j]:
                        shared += weights[q, j]
                best[q, owners[t]] = max(best[q, owners[t]], shared)


@kernel()
def learn_rows(rows, symbols, kept, rate, weights, squares):
    """One pass of AdaGrad on the softmax of the sums of ``weights`` (rows, symbols); ``rows`` (t, n_t) are read before ``symbols``, of
    which those not ``kept`` teach nothing. ``squares``: as ``weights``, the gradients' squares so far.
    """
    count = weights.shape[1]
    logits = np.empty(count, np.float32)
    for t in range(rows.shape[0]):
        if not kept[t]:
            continue
        logits[:] = np.float32(0)
        for row in rows[t]:
            for c in range(count):
                logits[c] += weights[row, c]
        top = logits.max()
        total = np.float32(0)
        for c in range(count):
            logits[c] = np.exp(logits[c] - top)
            total += logits[c]
        for c in range(count):
            logits[c] = logits[c] / total
        logits[symbols[t]] -= np.float32(1)
        for row in rows[t]:
            for c in range(count):
                gradient = logits[c]
                squares[row, c] += gradient * gradient
                weights[row, c] -= rate * gradient / (np.float32(1e-4) + np.sqrt(squares[row, c]))
