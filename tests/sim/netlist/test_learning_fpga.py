"""An iCEBreaker that learns, whole, after synthesis: what it writes into its tables is the rule's."""

from dataclasses import replace

import numpy as np
import pytest

from firmware.compiler import compile_network
from firmware.image.image import write_image
from golden.learning.reference import learn_reference
from golden.learning.rule import Rates
from golden.learning.text import TextLearner
from sim.netlist.conversation import Setting, converse

from ...firmware.networks import random_network
from .builds import LEARNS, netlist_of

pytestmark = pytest.mark.slow

NETWORK = random_network(38, kind="rnn", max_n=12, max_out=12)  # 3 output tables of int4, 6 symbols; an image of 1.6 KB
PROGRAM = compile_network(NETWORK, LEARNS, seed=7, temperature=1.0)
POWER = 1
FED = (9, 1, 6)  # symbols of each FEED


def learned(texts):
    """The program after ``texts`` by the rule, and its counts: of writes, and of those that a limit held."""
    learner = TextLearner.start(NETWORK, below=0, seed=7)
    turn = learner.turn(Rates(output=NETWORK.out_frac - NETWORK.output.shift - POWER), steps=1, draws=1, everything=False)
    for symbols in texts:
        learner.learn(symbols[None], turn, engine=learn_reference)
    return compile_network(learner.now(), LEARNS), learner.output.rows.counts.tolist()


def differs(program, folder):
    """The first word of the tables that isn't the rule's after a text was learned by a core that booted ``program``, and its count of
    writes."""
    rng = np.random.default_rng(7)
    texts = [rng.integers(NETWORK.n_out, size=count) for count in FED]
    due, counts = learned(texts)
    pieces = [(4 * piece.beat, np.frombuffer(piece.data, "<u2").tolist()) for piece in due.tables]
    fed = [("feed", symbols.tolist()) for symbols in texts]
    reads = [("tables", first, len(words)) for first, words in pieces]
    actions = [("hello",), ("learning", 1 << POWER), *fed, *reads, ("writes",), ("counters",), ("hello",)]
    heard = converse(netlist_of("synthesis", LEARNS), LEARNS, Setting(image=write_image(program)), actions, folder=folder)
    assert (heard.green, heard.red, heard.resent, heard.unknown, heard.violations) == (1, 0, 0, 0, [])
    before, _, *replies = heard.replies
    tables, (writes, counters, after) = replies[len(fed) : -3], replies[-3:]
    assert (before["changed"], after["changed"]) == (False, True)
    assert counters["steps"] == sum(FED)
    for (first, words), got in zip(pieces, tables, strict=True):
        for at, (word, there) in enumerate(zip(words, got, strict=True)):
            if there != word:
                return f"word {first + at}: {there:04x} instead of {word:04x}"
    assert [writes["count"], writes["held"]] == counts
    assert counts[0] > 2 * NETWORK.output.n_t
    return None


def test_a_text_is_learned(tmp_path):
    assert differs(PROGRAM, tmp_path) is None


def test_a_flipped_bit_is_named(tmp_path):
    """The negative control: one bit of the last table, in an image whose CRCs are right."""
    piece = PROGRAM.tables[-1]
    wrong = piece._replace(data=bytes([piece.data[0] ^ 1, *piece.data[1:]]))
    found = differs(replace(PROGRAM, tables=(*PROGRAM.tables[:-1], wrong)), tmp_path)
    assert found is not None
    assert found.startswith(f"word {4 * piece.beat}: ")
