"""The transformer's learner: that it learns, grows, widens, stays rounded, and depends on its seed alone."""

import numpy as np
import pytest

from golden.integer.layer import ENTRY_LIMIT
from golden.model.transformer import Shape, Transformer
from golden.model.transformer_quantise import TransformerRounding
from golden.training.architectures.transformer import TransformerArchitecture, TransformerLearner
from golden.training.architectures.transformer_presets import TRANSFORMER_PRESETS

from .small import PATTERN, SHAPES, SYMBOLS, random_transformer, small_transformer, transformer_options, transformer_trainer

stream_loss = TransformerArchitecture().stream_loss
GROWING = Shape(n=10, blocks=1, heads=1, n_t=3, n_c=1, n_k=3, p=2, context=6, feed=(3, 3), output=(4, 3))


def trained(*, steps: int = 12, **changes: object) -> tuple[Transformer, list[float]]:
    bits: list[float] = []
    with transformer_trainer(transformer_options(**changes)) as trainer:
        trainer.run(lambda _, b: bits.append(b), steps=steps)
        return trainer.learner.current(), bits


def test_training_learns() -> None:
    model, bits = trained(steps=150)
    assert bits[0] == pytest.approx(np.log2(SYMBOLS), abs=0.01)
    assert stream_loss(model, PATTERN) / (len(PATTERN) - 1) / np.log(2) < 0.6


def test_training_is_seeded_and_does_not_depend_on_threads() -> None:
    first, again, other = trained(), trained(threads=3), trained(seed=1)
    assert first[1] == again[1]
    assert all(np.array_equal(first[0].arrays()[name], value) for name, value in again[0].arrays().items())
    assert first[1] != other[1]
    assert first[1] != trained(empty_cache=True)[1]
    assert first[1] != trained(uneven=True)[1]


def test_an_attention_entry_can_not_leave_16_bits_together_with_all_others_of_its_head() -> None:
    def limit(rows: int, **changes: float) -> tuple[float, float]:
        units = {"attention_unit": 2**-6, "feed_unit": 2**-5, "embed_unit": 2**-4, "output_unit": 2**-4} | changes
        return TransformerRounding(rows=rows, attention_bits=8, **units).parts()["attention"]

    assert small_transformer().head_rows == 3 * 5
    assert limit(15) == (2**-6, 127)
    assert limit(600) == (2**-6, 32767 // 600)
    assert limit(600, embed_unit=2**-8) == (2**-6, 32767 // 600 // 4)  # shifted by two before it is added


def test_rounded_tables_are_multiples_within_their_limits() -> None:
    units = {"attention_unit": 2**-6, "feed_unit": 2**-5, "embed_unit": 2**-3, "output_unit": 2**-4}
    rounding = TransformerRounding(**units, rows=15, attention_bits=8)
    with transformer_trainer(transformer_options(streams=4, rate=0.003, warm=1), model=random_transformer(SHAPES["paper"])) as trainer:
        trainer.learner.round(rounding)
        for _ in range(3):
            trainer.one_step(0.3)
        model = trainer.learner.current()
    for name, array, limit in (
        ("attention_unit", model.blocks[0].attention.tables, 127),
        ("feed_unit", model.blocks[1].feed.groups[0].tables, ENTRY_LIMIT[4]),
        ("embed_unit", model.embed, 127),
        ("output_unit", model.output.groups[0].tables, ENTRY_LIMIT[4]),
    ):
        found = array / units[name]
        assert np.array_equal(found, np.rint(found)), name
        assert 0 < np.abs(found).max() <= limit, name


def test_a_stream_does_not_depend_on_its_chunks() -> None:
    model = random_transformer(SHAPES["paper"])
    whole = stream_loss(model, PATTERN[:200], chunk=199)
    assert stream_loss(model, PATTERN[:200], chunk=33) == pytest.approx(whole, rel=1e-5)
    assert stream_loss(model, PATTERN[:199], chunk=33) != pytest.approx(whole, rel=1e-5)


def learner_of(trainer: object) -> TransformerLearner:
    learner = trainer.learner
    assert isinstance(learner, TransformerLearner)
    return learner


def test_a_grown_training_ends_with_all_pairs() -> None:
    rows = {}
    with transformer_trainer(transformer_options(grow=1, grown=0.5), model=small_transformer(GROWING)) as trainer:
        passed = learner_of(trainer).passed
        trainer.run(lambda done, _: rows.update({round(done, 2): passed.attentions[0].rows.used.shape[1]}), steps=100)
        model = trainer.learner.current()
    assert [rows[done] for done in (0.0, 0.24, 0.26, 0.49, 0.51)] == [16, 16, 32, 32, 64]
    assert model is trainer.learner.model
    tables = model.output.groups[0].tables
    assert not np.array_equal(tables[:, :4], tables[:, 4:])  # the last pair has learned something
    assert stream_loss(model, PATTERN) / (len(PATTERN) - 1) / np.log(2) < 1.2


def test_encodings_stand_still_while_the_context_is_short() -> None:
    shape = Shape(n=10, blocks=1, heads=1, n_t=3, n_c=1, n_k=2, p=2, context=6, feed=None, output=(4, 3), near=True)
    model = small_transformer(shape, spread=3.0)  # encodings are often the nearest
    position = model.blocks[0].attention.position
    before = position.copy()
    with transformer_trainer(transformer_options(short=4, widened=0.5), model=model) as trainer:
        passed = learner_of(trainer).passed
        trainer.run(lambda done, _: None, steps=40, stop=0.5)
        assert passed.attentions[0].looks.reach == 3
        assert np.array_equal(position, before)
        assert not trainer.learner.current().blocks[0].attention.tables[:, 3::4].any()  # of distances to come
        trainer.run(lambda done, _: None, steps=40, start=0.5)
        assert passed.attentions[0].looks.reach == 5
        assert not np.array_equal(position, before)
        assert trainer.learner.current().blocks[0].attention.tables[:, 3::4].any()


def test_a_short_context_does_not_undo_what_has_grown() -> None:
    options = transformer_options(grow=1, grown=0.6, short=4, widened=0.3)
    seen = []
    with transformer_trainer(options, model=small_transformer(GROWING)) as trainer:
        learner = learner_of(trainer)
        for done in (0.0, 0.29, 0.31, 0.59, 0.61):
            trainer.one_step(done)
            attention = learner.passed.attentions[0]
            seen.append((attention.rows.used.shape[1], attention.context, learner.passed.output.tables.depth))
    assert seen == [(16, 4, 1), (16, 4, 1), (32, 6, 2), (32, 6, 2), (64, 6, 3)]


def test_the_rounding_is_the_one_named_or_the_best_one_found() -> None:
    model, kind = random_transformer(SHAPES["paper"]), TransformerArchitecture()

    def bits(rounding: TransformerRounding) -> float:
        assert (rounding.attention_bits, rounding.feed_bits, rounding.embed_bits, rounding.output_bits) == (8, 8, 8, 8)
        assert rounding.rows == model.head_rows
        return rounding.attention_unit + rounding.output_unit

    found = kind.rounding(model, transformer_options(bits=8), bits)
    assert found.output_unit == 2.0**-11  # four steps below the natural one
    assert found.attention_unit == 2.0**-10 == found.feed_unit / 8  # no finer, or no shift could make up for it
    named = kind.rounding(model, TRANSFORMER_PRESETS["paper"], bits)
    assert (named.attention_unit, named.feed_unit, named.embed_unit, named.output_unit) == TRANSFORMER_PRESETS["paper"].units
    assert (named.attention_bits, named.feed_bits, named.embed_bits, named.output_bits) == (4, 4, 8, 4)


def test_soft_outputs_leave_everything_else() -> None:
    model = random_transformer(SHAPES["paper"])
    soft = TransformerArchitecture().softened(model, 0.5)
    assert np.array_equal(soft.output.groups[0].tables, model.output.groups[0].tables / 2)
    assert soft.blocks is model.blocks
    assert soft.embed is model.embed


@pytest.mark.parametrize("name", TRANSFORMER_PRESETS)
def test_presets_have_shapes_that_can_be_made(name: str) -> None:
    options = TRANSFORMER_PRESETS[name]
    model = TransformerArchitecture().start(options, n_sym=4)
    assert model.context == options.shape.context
    assert len(model.blocks) == options.shape.blocks
    assert float(np.abs(model.embed).max()) == pytest.approx(options.spread, rel=0.1)
    back = TransformerArchitecture().model.from_arrays(model.arrays())
    assert all(np.array_equal(back.arrays()[key], value) for key, value in model.arrays().items())


def test_a_context_of_one_position_to_begin_with_is_refused() -> None:
    with pytest.raises(ValueError, match="short must be 0 or at least 2, not 1"):
        transformer_options(short=1)
