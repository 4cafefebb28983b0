"""Windows of a transformer against the first-principles loops, gradients included, in both variants; growing; jitter."""

from dataclasses import replace

import numpy as np
import pytest

from golden.compiled.adam import Update
from golden.model.adam import Adam
from golden.model.layer import FloatGroup, FloatLayer
from golden.model.transformer import VARIANTS, Block, Shape, Transformer
from golden.training.architectures.window import TransformerPass, most_pairs
from golden.training.workers import direct

from .small import SHAPES, SYMBOLS, random_transformer
from .transformer_loops import Gradients, Stream, window

TOKENS = np.random.default_rng(2).integers(0, SYMBOLS, (4, 21)).astype(np.int32)


def update(*, step: int = 1, rate: float = 0.01, beta1: float = 0.9, touched: bool = False) -> Update:
    return Update(rate, beta1, 0.99, 1e-8, step, touched)


def first_adam_step(model: Transformer, passed: TransformerPass) -> dict[str, np.ndarray]:
    """Adam's first moments after one step are (1 - beta1) times the gradients."""
    found = {"embed": passed.embed.rows.first, "output": passed.output.tables.rows.first}
    for b, (attention, feed) in enumerate(zip(passed.attentions, passed.feeds, strict=True)):
        found |= {f"tables{b}": attention.rows.first, f"position{b}": attention.moments[0]}
        if feed is not None:
            found[f"feed{b}"] = feed.tables.rows.first
    return found


def by_name(gradients: Gradients) -> dict[str, np.ndarray]:
    named = {"embed": gradients.embed, "output": gradients.output.reshape(-1, SYMBOLS)}
    for b, tables in enumerate(gradients.tables):
        named |= {f"tables{b}": tables, f"position{b}": gradients.position[b]}
        feed = gradients.feed[b]
        if feed is not None:
            named[f"feed{b}"] = feed.reshape(-1, feed.shape[2])
    return named


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("windows", [1, 2, 4])
def test_the_compiled_pass_equals_the_loops(name: str, windows: int) -> None:
    shape = SHAPES[name]
    model = random_transformer(shape)
    steps = 5
    tokens = np.random.default_rng(2).integers(0, SYMBOLS, (3, windows * steps + 1)).astype(np.int32)
    passed = TransformerPass(model, 3, steps, np.random.default_rng(0))
    streams = [Stream() for _ in range(3)]
    adam = Adam(beta1=0.5)
    for w in range(windows):
        piece = tokens[:, w * steps : (w + 1) * steps + 1]
        passed.forward(direct, piece)
        losses, gradients = window(model, piece, streams)
        assert passed.losses == pytest.approx(losses, rel=1e-5)
        if w == windows - 1:
            passed.backward(direct, piece, update(rate=0.0, beta1=adam.beta1), adam=adam)
        passed.carry()
    wanted, found = by_name(gradients), first_adam_step(model, passed)
    assert wanted.keys() == found.keys()
    for key, value in wanted.items():
        assert np.abs(value).max() > 1e-4 or (name == "placeless" and key.startswith("position")), key
        assert np.allclose(found[key] / (1 - adam.beta1), value, atol=2e-6), key


@pytest.mark.parametrize("field", ["tables", "position", "query", "place"])
def test_a_changed_model_differs(field: str) -> None:
    model = random_transformer(SHAPES["paper"])
    tokens = np.random.default_rng(2).integers(0, SYMBOLS, (3, 6)).astype(np.int32)

    def losses() -> np.ndarray:
        passed = TransformerPass(model, 3, 5, np.random.default_rng(0))
        passed.forward(direct, tokens)
        return passed.losses

    before = losses()
    array = getattr(model.blocks[0].attention, field)
    array[:] = array[:, :, ::-1] if field in ("query", "place") else -array
    assert not np.allclose(losses(), before, rtol=1e-5)


def first_pairs(model: Transformer, *, depth: int, context: int) -> Transformer:
    """A model of its own with at most the first ``depth`` pairs of each plain table and key, and a shorter ``context``, entry by entry."""

    def layer(whole: FloatLayer) -> FloatLayer:
        (group,) = whole.groups
        tables = np.stack([[rows[j] for j in range(1 << min(depth, group.n_c))] for rows in group.tables])
        return FloatLayer(groups=(FloatGroup(anchors=group.anchors[:, :depth].copy(), tables=tables),))

    blocks = []
    for block in model.blocks:
        attention = replace(block.attention, position=block.attention.position[:context].copy())
        if attention.variant == "paper":
            q, k, p = (attention.query.shape[1], attention.key.shape[1], attention.place.shape[1])
            rows = [j for j in range(1 << (q + k + p)) if (j >> p) % (1 << k) < 1 << min(depth, k)]
            attention = replace(attention, key=attention.key[:, :depth].copy(), tables=attention.tables[:, rows].copy())
        blocks.append(Block(attention=attention, feed=None if block.feed is None else layer(block.feed)))
    return replace(model, blocks=tuple(blocks), output=layer(model.output))


GROWING = {
    "paper": Shape(n=10, blocks=2, heads=2, n_t=2, n_c=1, n_k=3, p=2, context=6, feed=(3, 4), output=(4, 4), near=True),
    "reference": replace(SHAPES["reference"], p=2, near=True),
    "alone": replace(SHAPES["keys"], feed=None),
}


@pytest.mark.parametrize("name", GROWING)
def test_a_pass_of_the_first_pairs_and_positions_equals_the_loops(name: str) -> None:
    model = random_transformer(GROWING[name])
    few = first_pairs(model, depth=2, context=4)
    tokens = TOKENS[:, :6]
    losses, gradients = window(few, tokens, [Stream() for _ in tokens])
    passed = TransformerPass(model, 4, 5, np.random.default_rng(0), depth=2, context=4)
    passed.forward(direct, tokens)
    assert passed.losses == pytest.approx(losses, rel=1e-5)
    passed.backward(direct, tokens, update(rate=0.0), adam=Adam())
    found = first_adam_step(model, passed)
    for key, value in by_name(gradients).items():
        mine = found[key][: len(value)] if key.startswith("position") else found[key]
        assert np.allclose(mine * 10, value, atol=2e-6), key
        assert np.abs(value).max() > 1e-4 or (name != "alone" and key.startswith("position")), key  # never near to a flip
    whole, _ = window(model, tokens, [Stream() for _ in tokens])
    assert losses != pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize("name", GROWING)
def test_growing_changes_no_output(name: str) -> None:
    """A pass with the first pairs and distances alone, grown, gives the same losses; other rows would give others."""
    model = random_transformer(GROWING[name])
    if name != "alone":  # its distances are random: it grows pairs alone
        for block in model.blocks:
            block.attention.tables[:, 3::4] = 0  # of distances that the short context has not
    context = model.context if name == "alone" else 4
    tokens = TOKENS[:3, :11]
    small, large = (TransformerPass(model, 3, 5, np.random.default_rng(0), depth=2, context=context) for _ in range(2))
    for passed in (small, large):
        passed.forward(direct, tokens[:, :6])
        passed.carry()
    pairs = small.attentions[0].rows.used.shape[1]
    large.grow(depth=4, context=model.context)
    assert small.attentions[0].rows.used.shape[1] == pairs
    grown = [attention.rows.used.shape[1] for attention in large.attentions]
    assert grown == [pairs if name == "reference" else pairs << 1] * 2  # whose keys are its queries, all there from the start
    assert large.output.tables.rows.used.shape == (4 << model.output.groups[0].n_c, SYMBOLS)
    losses = []
    for passed in (small, large):
        for rows in (passed.embed.rows, passed.output.tables.rows, *(attention.rows for attention in passed.attentions)):
            assert rows.used is rows.weights
            assert [array.ctypes.data % 64 for array in (rows.weights, rows.first, rows.second)] == [0] * 3
        passed.forward(direct, tokens[:, 5:])
        losses.append(passed.losses.copy())
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    large.attentions[0].rows.used[:, 1::2] *= -1
    large.forward(direct, tokens[:, 5:])
    assert large.losses != pytest.approx(losses[0], rel=1e-5)


@pytest.mark.parametrize("name", GROWING)
def test_what_was_grown_and_written_is_the_same_model(name: str) -> None:
    """The loops over the written model give the losses and the gradients of the pass that goes on."""
    model = random_transformer(GROWING[name])
    passed = TransformerPass(model, 4, 5, np.random.default_rng(0), depth=1, context=4)
    tokens = TOKENS[:, :6]
    passed.forward(direct, tokens)
    passed.backward(direct, tokens, update(rate=0.1), adam=Adam())
    for rows in (passed.embed.rows, passed.output.tables.rows, *(attention.rows for attention in passed.attentions)):
        rows.round(1 / 64, 127)
    passed.grow(depth=2, context=5)
    passed.grow(depth=most_pairs(model), context=model.context)
    passed.write()
    tables = model.blocks[0].attention.tables * 64
    assert np.array_equal(tables, np.rint(tables))
    losses, _ = window(model, tokens, [Stream() for _ in tokens])
    passed.forward(direct, tokens)
    assert passed.losses == pytest.approx(losses, rel=1e-5)


def test_a_pass_goes_on_from_the_keys_of_another() -> None:
    model = random_transformer(SHAPES["paper"])
    tokens = TOKENS[:3, :9]
    streams = [Stream() for _ in tokens]
    window(model, tokens[:, :6], streams)
    losses, _ = window(model, tokens[:, 5:], streams)
    first, second = (TransformerPass(model, 3, steps, np.random.default_rng(0)) for steps in (5, 3))
    first.forward(direct, tokens[:, :6])
    first.carry()
    second.resume(first)
    second.forward(direct, tokens[:, 5:])
    assert second.losses == pytest.approx(losses, rel=1e-5)
    fresh = TransformerPass(model, 3, 3, np.random.default_rng(0))
    fresh.forward(direct, tokens[:, 5:])
    assert fresh.losses != pytest.approx(losses, rel=1e-5)


def test_near_position_bits_count_the_distance() -> None:
    for variant in VARIANTS:
        shape = Shape(n=10, blocks=1, heads=2, n_t=2, n_c=2, p=2, context=7, feed=None, variant=variant, near=True)
        model = Transformer.start(n_sym=SYMBOLS, shape=shape, rng=np.random.default_rng(0))
        attention = TransformerPass(model, 1, 4, np.random.default_rng(0)).attentions[0]
        attention.look_places()
        assert attention.looks.place.row[:, :6].tolist() == [[3, 3, 3, 2, 1, 0]] * 4  # distance 6 first
        assert attention.share.tolist() == [[1, 1, 1, pytest.approx(1 / 3)]] * 4


def test_a_row_that_many_distances_share_learns_as_much_slower() -> None:
    shape = Shape(n=10, blocks=1, heads=1, n_t=1, n_c=1, p=1, context=5, feed=None, output=(4, 3), near=True)
    moved = {}
    for even in (True, False):
        model = random_transformer(shape)
        before = model.blocks[0].attention.tables.copy()
        passed = TransformerPass(model, 4, 20, np.random.default_rng(0), even=even)
        passed.forward(direct, TOKENS)
        passed.backward(direct, TOKENS, update(), adam=Adam())
        moved[even] = np.abs(passed.attentions[0].rows.weights - before)[0]
    assert moved[True][0::2] == pytest.approx(moved[False][0::2], rel=1e-4)
    assert moved[True][1::2] == pytest.approx(moved[False][1::2] / 3, rel=1e-3)
    assert np.median(moved[False]) > 0.009


def test_attention_tables_have_a_rate_of_their_own() -> None:
    moved = []
    for factor in (1.0, 0.25):
        model = random_transformer(SHAPES["paper"])
        before = model.blocks[0].attention.tables.copy(), model.output.groups[0].tables.reshape(-1, SYMBOLS).copy()
        passed = TransformerPass(model, 4, 20, np.random.default_rng(0), even=False)
        passed.forward(direct, TOKENS)
        passed.backward(direct, TOKENS, update(), adam=Adam(), attention_rate=factor)
        moved.append((passed.attentions[0].rows.weights - before[0], passed.output.tables.rows.weights - before[1]))
    assert np.abs(moved[0][0]).max() == pytest.approx(0.01, rel=1e-3)
    assert np.allclose(moved[1][0], moved[0][0] / 4, atol=1e-6)
    assert np.array_equal(moved[1][1], moved[0][1])


def test_encodings_stand_still_if_told_so() -> None:
    for places in (True, False):
        model = random_transformer(SHAPES["paper"])
        before = [block.attention.position.copy() for block in model.blocks]
        passed = TransformerPass(model, 4, 20, np.random.default_rng(0))
        passed.forward(direct, TOKENS)
        passed.backward(direct, TOKENS, update(), adam=Adam(), places=places)
        same = [np.array_equal(block.attention.position, old) for block, old in zip(model.blocks, before, strict=True)]
        assert same == [not places] * 2


def test_rows_that_are_not_used_stand_still_if_told_so() -> None:
    tokens = np.zeros((2, 6), np.int32)
    for touched in (True, False):
        passed = TransformerPass(random_transformer(SHAPES["paper"]), 2, 5, np.random.default_rng(0))
        for step in (1, 2):
            passed.forward(direct, tokens + step)  # other symbols, other rows
            before = passed.attentions[0].rows.weights.copy()
            passed.backward(direct, tokens + step, update(step=step, touched=touched), adam=Adam())
        still = np.all(passed.attentions[0].rows.weights == before, axis=2)
        used = np.abs(passed.attentions[0].rows.first).max(axis=2) > 0
        assert np.any(still & used) == touched


def test_jitter_flips_as_often_as_it_should() -> None:
    model = random_transformer(SHAPES["paper"])
    counts = []
    for jitter in (0.0, 0.6):
        passed = TransformerPass(model, 64, 40, np.random.default_rng(0))
        tokens = np.random.default_rng(1).integers(0, SYMBOLS, (64, 41)).astype(np.int32)
        passed.forward(direct, tokens, jitter=jitter)
        query = passed.attentions[0].looks.query
        counts.append((query.row[:, :, :40].copy(), query.size[:, :, :40].copy()))
    (plain, size), (jittered, _) = counts
    assert np.mean(plain != jittered) == pytest.approx(np.mean(0.6 * 0.5 / (1 + size)), abs=0.01)
