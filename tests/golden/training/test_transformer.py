"""The compiled transformer against the first-principles loops, gradients included, in both variants."""

import numpy as np
import pytest

from golden.model.transformer import VARIANTS, Shape, Transformer
from golden.training.adam import Adam
from golden.training.deepen import cut_transformer, deeper_pass
from golden.training.transformer import TransformerRounding, TransformerSettings, TransformerTrainer, head_rows, stream_loss
from golden.training.window import TransformerPass
from golden.transformer_bench import throughput

from .transformer_loops import Gradients, Stream, window

SYMBOLS = 5
SHAPES = {
    "paper": Shape(n=10, blocks=2, heads=2, n_t=3, n_c=2, p=2, context=6, feed=(3, 3), output=(4, 3), n_pe=8, variant="paper"),
    "reference": Shape(n=10, blocks=2, heads=2, n_t=3, n_c=3, p=1, context=6, feed=(3, 3), output=(4, 3), variant="reference"),
    "keys": Shape(n=10, blocks=2, heads=2, n_t=2, n_c=1, n_k=3, p=2, context=9, feed=(3, 3), output=(4, 3), variant="paper"),
    "placeless": Shape(n=10, blocks=2, heads=1, n_t=3, n_c=2, p=0, context=6, feed=None, output=(4, 3), variant="paper"),
    "alone": Shape(n=7, blocks=2, heads=1, n_t=2, n_c=2, p=3, context=20, feed=None, output=(4, 3), n_pe=6, variant="paper"),
}


def random_model(shape: Shape, seed: int = 4) -> Transformer:
    rng = np.random.default_rng(seed)
    model = Transformer.start(n_sym=SYMBOLS, shape=shape, rng=rng)
    layers = [block.feed for block in model.blocks if block.feed is not None]
    tables = [block.attention.tables for block in model.blocks] + [layer.groups[0].tables for layer in (*layers, model.output)]
    for table in tables:
        table[:] = rng.normal(0, 0.2, table.shape)
    return model


def direct(function, count, *arguments):
    function(0, count, *arguments)


def first_adam_step(model: Transformer, passed: TransformerPass) -> dict[str, np.ndarray]:
    """Adam's first moments after one step are (1 - beta1) times the gradients."""
    found = {"embed": passed.embed.first, "output": passed.output.rows.first}
    for b, (attention, feed) in enumerate(zip(passed.attentions, passed.feeds, strict=True)):
        found |= {f"tables{b}": attention.rows.first, f"position{b}": attention.moments[0]}
        if feed is not None:
            found[f"feed{b}"] = feed.rows.first
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
    model = random_model(shape)
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
            passed.backward(direct, piece, step=1, rate=0.0, adam=adam)
        passed.carry()
    wanted, found = by_name(gradients), first_adam_step(model, passed)
    assert wanted.keys() == found.keys()
    for key, value in wanted.items():
        assert np.abs(value).max() > 1e-4 or (name == "placeless" and key.startswith("position")), key
        assert np.allclose(found[key] / (1 - adam.beta1), value, atol=2e-6), key


@pytest.mark.parametrize("field", ["tables", "position", "query", "place"])
def test_a_changed_model_differs(field: str) -> None:
    model = random_model(SHAPES["paper"])
    tokens = np.random.default_rng(2).integers(0, SYMBOLS, (3, 6)).astype(np.int32)

    def losses() -> np.ndarray:
        passed = TransformerPass(model, 3, 5, np.random.default_rng(0))
        passed.forward(direct, tokens)
        return passed.losses

    before = losses()
    array = getattr(model.blocks[0].attention, field)
    array[:] = array[:, :, ::-1] if field in ("query", "place") else -array
    assert not np.allclose(losses(), before, rtol=1e-5)


TEXT = np.tile(np.array([0, 1, 2, 3, 4, 4, 3, 1, 1, 0, 2], np.int32), 60)


def trained(
    *, seed: int = 0, threads: int = 1, steps: int = 12, carry: bool = True, jitter: float = 0.3
) -> tuple[Transformer, list[float]]:
    model = Transformer.start(n_sym=SYMBOLS, shape=SHAPES["paper"], rng=np.random.default_rng(3))
    settings = TransformerSettings(streams=8, window=8, carry=carry, jitter=0.3, seed=seed, threads=threads, warm=5, adam=Adam(rate=0.02))
    bits: list[float] = []
    with TransformerTrainer(model, TEXT, settings) as trainer:
        trainer.run(lambda _, b: bits.append(b), steps=steps, minutes=None)
        return trainer.current(), bits


def test_training_learns() -> None:
    model, bits = trained(steps=150)
    assert bits[0] == pytest.approx(np.log2(SYMBOLS), abs=0.01)
    assert stream_loss(model, TEXT) / (len(TEXT) - 1) / np.log(2) < 0.6


def test_training_is_seeded_and_does_not_depend_on_threads() -> None:
    first, again, other = trained(), trained(threads=3), trained(seed=1)
    assert first[1] == again[1]
    assert all(np.array_equal(first[0].arrays()[name], value) for name, value in again[0].arrays().items())
    assert first[1] != other[1]
    assert first[1] != trained(carry=False)[1]


def test_near_position_bits_count_the_distance() -> None:
    for variant in VARIANTS:
        shape = Shape(n=10, blocks=1, heads=2, n_t=2, n_c=2, p=2, context=7, feed=None, variant=variant, near=True)
        passed = TransformerPass(
            Transformer.start(n_sym=SYMBOLS, shape=shape, rng=np.random.default_rng(0)), 1, 4, np.random.default_rng(0)
        )
        passed.attentions[0].look_places()
        assert passed.attentions[0].place[0][:, :6].tolist() == [[3, 3, 3, 2, 1, 0]] * 4  # distance 6 first
        assert passed.attentions[0].share.tolist() == [[1, 1, 1, pytest.approx(1 / 3)]] * 4


def test_a_row_that_many_distances_share_learns_as_much_slower() -> None:
    shape = Shape(n=10, blocks=1, heads=1, n_t=1, n_c=1, p=1, context=5, feed=None, output=(4, 3), near=True)
    tokens = np.random.default_rng(2).integers(0, SYMBOLS, (4, 21)).astype(np.int32)
    moved = {}
    for even in (True, False):
        model = random_model(shape)
        before = model.blocks[0].attention.tables.copy()
        passed = TransformerPass(model, 4, 20, np.random.default_rng(0), even=even)
        passed.forward(direct, tokens)
        passed.backward(direct, tokens, step=1, rate=0.01, adam=Adam())
        moved[even] = np.abs(passed.attentions[0].rows.weights - before)[0]
    assert moved[True][0::2] == pytest.approx(moved[False][0::2], rel=1e-4)
    assert moved[True][1::2] == pytest.approx(moved[False][1::2] / 3, rel=1e-3)
    assert np.median(moved[False]) > 0.009


def test_attention_tables_have_a_rate_of_their_own() -> None:
    tokens = np.random.default_rng(2).integers(0, SYMBOLS, (4, 21)).astype(np.int32)
    moved = []
    for factor in (1.0, 0.25):
        model = random_model(SHAPES["paper"])
        before = model.blocks[0].attention.tables.copy(), model.output.groups[0].tables.reshape(-1, SYMBOLS).copy()
        passed = TransformerPass(model, 4, 20, np.random.default_rng(0), even=False)
        passed.forward(direct, tokens)
        passed.backward(direct, tokens, step=1, rate=0.01, adam=Adam(), attention_rate=factor)
        moved.append((passed.attentions[0].rows.weights - before[0], passed.output.rows.weights - before[1]))
    assert np.abs(moved[0][0]).max() == pytest.approx(0.01, rel=1e-3)
    assert np.allclose(moved[1][0], moved[0][0] / 4, atol=1e-6)
    assert np.array_equal(moved[1][1], moved[0][1])


def test_rows_that_are_not_used_stand_still_if_told_so() -> None:
    tokens = np.zeros((2, 6), np.int32)
    for touched in (True, False):
        passed = TransformerPass(random_model(SHAPES["paper"]), 2, 5, np.random.default_rng(0))
        for step in (1, 2):
            passed.forward(direct, tokens + step)  # other symbols, other rows
            before = passed.attentions[0].rows.weights.copy()
            passed.backward(direct, tokens + step, step=step, rate=0.01, adam=Adam(), touched=touched)
        still = np.all(passed.attentions[0].rows.weights == before, axis=2)
        used = np.abs(passed.attentions[0].rows.first).max(axis=2) > 0
        assert np.any(still & used) == touched


def test_recent_streams_read_the_last_tenth_alone() -> None:
    symbols = np.arange(1000, dtype=np.int32) // 900  # 1 in the last tenth
    model = Transformer.start(n_sym=2, shape=SHAPES["paper"], rng=np.random.default_rng(0))
    settings = TransformerSettings(streams=8, window=30, threads=1, recent=0.25)
    with TransformerTrainer(model, symbols, settings) as trainer:
        for _ in range(10):
            trainer.one_step(0.1)
            assert trainer._at[:6].max() < 1000
            assert trainer._at[6:].min() >= 900


def test_jitter_flips_as_often_as_it_should() -> None:
    model = random_model(SHAPES["paper"])
    counts = []
    for jitter in (0.0, 0.6):
        passed = TransformerPass(model, 64, 40, np.random.default_rng(0))
        tokens = np.random.default_rng(1).integers(0, SYMBOLS, (64, 41)).astype(np.int32)
        passed.forward(direct, tokens, jitter=jitter)
        attention = passed.attentions[0]
        counts.append((attention.query[0][:, :, :40].copy(), attention.query[3][:, :, :40].copy()))
    (plain, size), (jittered, _) = counts
    assert np.mean(plain != jittered) == pytest.approx(np.mean(0.6 * 0.5 / (1 + size)), abs=0.01)


def test_rounded_tables_are_multiples_within_the_limit_that_16_bits_allow() -> None:
    rounding = TransformerRounding(attention_unit=2**-6, feed_unit=2**-5, embed_unit=2**-4, output_unit=2**-4, attention_bits=8)
    model = random_model(SHAPES["paper"])
    rows = head_rows(model)
    assert rows == 3 * 5
    assert rounding.limits(rows=rows)["attention"] == 127
    assert rounding.limits(rows=600)["attention"] == 32767 // 600
    settings = TransformerSettings(streams=4, window=8, threads=1, warm=1)
    with TransformerTrainer(model, TEXT, settings) as trainer:
        trainer.round(rounding)
        for _ in range(3):
            trainer.one_step(0.3)
        found = trainer.current().blocks[0].attention.tables / rounding.attention_unit
    assert np.array_equal(found, np.rint(found))
    assert 0 < np.abs(found).max() <= 127


def test_a_stream_does_not_depend_on_its_chunks() -> None:
    model = random_model(SHAPES["paper"])
    whole = stream_loss(model, TEXT[:200], chunk=199)
    assert stream_loss(model, TEXT[:200], chunk=33) == pytest.approx(whole, rel=1e-5)
    assert stream_loss(model, TEXT[:199], chunk=33) != pytest.approx(whole, rel=1e-5)


def test_the_bench_counts_positions() -> None:
    wall, cpu = throughput("paper", carry=True, threads=1, streams=4, window=8, seconds=0.05, shape=SHAPES["paper"])
    assert wall > 100
    assert cpu > 100


def test_growing_changes_no_output() -> None:
    """A pass with the first pairs and distances alone, grown, gives the same losses; other rows would give others."""
    shape = Shape(n=10, blocks=2, heads=2, n_t=2, n_c=1, n_k=3, p=2, context=6, feed=(3, 4), output=(4, 4), near=True)
    model = random_model(shape)
    for block in model.blocks:
        block.attention.tables[:, 3::4] = 0  # of distances that the short context has not
    tokens = np.random.default_rng(2).integers(0, SYMBOLS, (3, 11)).astype(np.int32)
    small = TransformerPass(cut_transformer(model, 2, 4), 3, 5, np.random.default_rng(0))
    assert [attention.rows.used.shape[1] for attention in small.attentions] == [1 << 1 + 2 + 2] * 2
    small.forward(direct, tokens[:, :6])
    small.carry()
    large = deeper_pass(small, model, depth=2, to=4, context=6)
    assert [attention.rows.used.shape[1] for attention in large.attentions] == [1 << 1 + 3 + 2] * 2
    assert large.output.rows.used.shape == (4 << 4, SYMBOLS)
    losses = []
    for passed in (small, large):
        for rows in (passed.embed, passed.output.rows, *(attention.rows for attention in passed.attentions)):
            assert rows.used is rows.weights
            assert [array.ctypes.data % 64 for array in (rows.weights, rows.first, rows.second)] == [0] * 3
        passed.forward(direct, tokens[:, 5:])
        losses.append(passed.losses.copy())
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    large.attentions[0].rows.used[:, 1::2] *= -1
    large.forward(direct, tokens[:, 5:])
    assert large.losses != pytest.approx(losses[0], rel=1e-5)


def test_a_grown_training_ends_with_all_pairs() -> None:
    shape = Shape(n=10, blocks=1, heads=1, n_t=3, n_c=1, n_k=3, p=2, context=6, feed=(3, 3), output=(4, 3))
    model = Transformer.start(n_sym=SYMBOLS, shape=shape, rng=np.random.default_rng(3))
    settings = TransformerSettings(streams=8, window=8, threads=1, warm=5, adam=Adam(rate=0.02), grow=1, grown=0.5)
    rows = {}
    with TransformerTrainer(model, TEXT, settings) as trainer:
        trainer.run(
            lambda done, _: rows.setdefault(round(done, 2), trainer._pass.attentions[0].rows.used.shape[1]), steps=100, minutes=None
        )
        grown = trainer.current()
    assert [rows[done] for done in (0.0, 0.24, 0.26, 0.49, 0.51)] == [16, 16, 32, 32, 64]
    assert grown is model
    tables = model.output.groups[0].tables
    assert not np.array_equal(tables[:, :4], tables[:, 4:])  # the last pair has learned something
    assert stream_loss(model, TEXT) / (len(TEXT) - 1) / np.log(2) < 1.2


def test_encodings_stand_still_while_the_context_is_short() -> None:
    shape = Shape(n=10, blocks=1, heads=1, n_t=3, n_c=1, n_k=2, p=2, context=6, feed=None, output=(4, 3), near=True)
    model = Transformer.start(n_sym=SYMBOLS, shape=shape, rng=np.random.default_rng(3), spread=3.0)  # encodings are often the nearest
    position = model.blocks[0].attention.position
    before = position.copy()
    settings = TransformerSettings(streams=8, window=8, threads=1, warm=5, adam=Adam(rate=0.02), short=4, widened=0.5)
    with TransformerTrainer(model, TEXT, settings) as trainer:
        trainer.run(lambda done, _: None, steps=40, minutes=None, stop=0.5)
        assert trainer._pass.attentions[0].reach == 3
        assert np.array_equal(position, before)
        assert not trainer.current().blocks[0].attention.tables[:, 3::4].any()  # of distances to come
        trainer.run(lambda done, _: None, steps=40, minutes=None, start=0.5)
        assert trainer._pass.attentions[0].reach == 5
        assert not np.array_equal(position, before)
        assert trainer.current().blocks[0].attention.tables[:, 3::4].any()
