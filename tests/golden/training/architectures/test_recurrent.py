"""The recurrent learner: that it learns, grows, stays rounded, and depends on its seed alone."""

import numpy as np
import pytest

from golden.model.quantise import RecurrentRounding
from golden.model.rnn import Rnn, window_pass
from golden.training.architectures.recurrent import Recurrent
from golden.training.architectures.recurrent_presets import RECURRENT_PRESETS

from ...helpers import make_float_rnn
from .small import PATTERN, SYMBOLS, rnn_options, rnn_trainer, small_rnn

stream_loss = Recurrent().stream_loss


def trained(*, steps: int = 60, rounding: RecurrentRounding | None = None, **changes: object) -> tuple[Rnn, list[float]]:
    bits: list[float] = []
    with rnn_trainer(rnn_options(**changes)) as trainer:
        if rounding is not None:
            trainer.learner.round(rounding)
        trainer.run(lambda _, b: bits.append(b), steps=steps)
        return trainer.learner.current(), bits


def loss_of(model: Rnn) -> float:
    """Bits a symbol of the pattern, streamed."""
    return stream_loss(model, PATTERN) / (len(PATTERN) - 1) / np.log(2)


def test_training_learns_is_seeded_and_does_not_depend_on_threads():
    model, bits = trained(steps=150)
    assert bits[0] == pytest.approx(np.log2(SYMBOLS), abs=0.01)
    assert loss_of(model) < 0.6
    first, again, other = trained(), trained(threads=3), trained(seed=1)
    assert first[1] == again[1]
    assert all(np.array_equal(first[0].arrays()[name], value) for name, value in again[0].arrays().items())
    assert first[1] != other[1]


def test_a_rounded_training_ends_in_multiples_of_the_units():
    model, bits = trained(rounding=RecurrentRounding(hidden_unit=0.125, output_unit=0.25), steps=150)
    tables = model.output.groups[0].tables
    assert np.array_equal(tables, np.rint(tables * 4) / 4)
    assert np.array_equal(model.embed, np.rint(model.embed * 8) / 8)
    assert np.abs(model.hidden.groups[0].tables).max() <= 7 * 0.125
    assert np.mean(bits[-10:]) < 1.5
    free, kept = (RecurrentRounding(hidden_unit=1 / 32, output_unit=0.25, hidden_bits=8, hidden_most=most) for most in (None, 0.07))
    largest = [float(np.abs(trained(rounding=rounding, steps=150)[0].hidden.groups[0].tables).max()) for rounding in (free, kept)]
    assert largest[0] > largest[1] == 0.0625


def test_streams_of_the_recent_text_learn_its_end_better():
    end = np.tile(np.array([4, 2, 0, 3], np.int32), 30)
    text = np.concatenate([np.tile(PATTERN, 2)[: 9 * len(end)], end])

    def loss_at_the_end(recent: float) -> float:
        with rnn_trainer(rnn_options(recent=recent), text=text) as trainer:
            trainer.run(lambda _, __: None, steps=60)
            return stream_loss(trainer.learner.current(), end) / len(end)

    assert loss_at_the_end(0.5) < 0.8 * loss_at_the_end(0.0)


def grown(*, grow: int = 2, threads: int = 1, rounding: RecurrentRounding | None = None) -> tuple[Rnn, list[float], list[int]]:
    """The model, the loss of each step, and how many rows of an output table differ after it."""
    bits: list[float] = []
    sizes: list[int] = []
    with rnn_trainer(rnn_options(every_row=False, grow=grow, grown=0.6, threads=threads)) as trainer:
        if rounding is not None:
            trainer.learner.round(rounding)

        def progress(_: float, loss: float) -> None:
            bits.append(loss)
            sizes.append(len(np.unique(trainer.learner.current().output.groups[0].tables[0], axis=0)))

        trainer.run(progress, steps=150)
        return trainer.learner.current(), bits, sizes


def test_a_growing_training_learns_with_few_rows_first():
    model, bits, sizes = grown()
    assert max(sizes[:40]) <= 4 < sizes[-1] <= 16, sizes
    assert loss_of(model) < 0.9
    again = grown(threads=3)
    assert again[1] == bits
    assert grown(grow=0)[1] != bits


def test_a_growing_training_stays_rounded():
    tables = grown(rounding=RecurrentRounding(hidden_unit=0.125, output_unit=0.25))[0].output.groups[0].tables
    assert np.array_equal(tables, np.rint(tables * 4) / 4)
    assert tables.any()


def test_growing_changes_no_output(rng):
    """All at once, a pair deeper is the same network: its next losses are those that it would have had."""
    bits = []
    for deeper in (False, True):
        with rnn_trainer(rnn_options(grow=2, grown=1.0, jitter=0.0)) as trainer:
            for _ in range(20):
                trainer.one_step(0.0)
            before = {name: array.copy() for name, array in trainer.learner.current().arrays().items()}
            if deeper:
                trainer.learner.deepen(3)
                assert all(np.array_equal(array, before[name]) for name, array in trainer.learner.current().arrays().items())
            bits.append(trainer.one_step(0.0))
            assert not np.array_equal(trainer.learner.current().output.groups[0].tables, before["output.0.tables"])
    assert bits[0] == pytest.approx(bits[1], rel=1e-5)


def test_a_stream_does_not_depend_on_its_chunks_and_is_the_numpy_one(rng):
    model = make_float_rnn(rng, n_sym=SYMBOLS)
    whole = stream_loss(model, PATTERN[:200], chunk=199)
    assert stream_loss(model, PATTERN[:200], chunk=33) == pytest.approx(whole, rel=1e-5)
    assert stream_loss(model, PATTERN[:199], chunk=33) != pytest.approx(whole, rel=1e-5)
    loss, _, _ = window_pass(model, np.zeros((1, model.n), np.float32), PATTERN[None, :200])
    assert whole == pytest.approx(199 * loss, rel=1e-4)


def test_the_rounding_is_the_one_named_or_the_best_one_found(rng):
    def bits(rounding: RecurrentRounding) -> float:
        assert (rounding.hidden_bits, rounding.embed_bits, rounding.output_bits, rounding.hidden_most) == (8, 8, 8, 0.5)
        return abs(np.log2(rounding.hidden_unit) + 6) + abs(np.log2(rounding.output_unit) + 9)

    found = Recurrent().rounding(make_float_rnn(rng), rnn_options(bits=8, hidden_most=0.5), bits)
    assert (found.hidden_unit, found.output_unit) == (2.0**-5, 2.0**-9)  # finer would clip the embedder
    preset = RECURRENT_PRESETS["paper-rnn"]
    named = Recurrent().rounding(small_rnn(), preset, bits)
    assert named == RecurrentRounding(hidden_unit=1 / 32, output_unit=1 / 16, hidden_bits=8, hidden_most=7 / 8)


def test_soft_outputs_leave_everything_else():
    model = trained()[0]
    soft = Recurrent().softened(model, 0.5)
    assert np.array_equal(soft.output.groups[0].tables, model.output.groups[0].tables / 2)
    assert soft.hidden is model.hidden
    assert soft.embed is model.embed


@pytest.mark.parametrize("name", RECURRENT_PRESETS)
def test_presets_have_shapes_that_can_be_made(name):
    options = RECURRENT_PRESETS[name]
    model = Recurrent().start(options, n_sym=4)
    assert (model.n, model.n_sym) == (options.n, 4)
    assert model.hidden.groups[0].anchors.shape == (*options.hidden, 2)
    assert model.output.groups[0].anchors.shape == (*options.output, 2)
    again, other = Recurrent().start(options, n_sym=4), Recurrent().start(rnn_options(seed=1, n=options.n), n_sym=4)
    assert np.array_equal(again.embed, model.embed)
    assert not np.array_equal(other.embed, model.embed)
    back = Recurrent().model.from_arrays(model.arrays())
    assert all(np.array_equal(back.arrays()[key], value) for key, value in model.arrays().items())
