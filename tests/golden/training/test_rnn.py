"""The compiled training path against the NumPy equations; the trainer's determinism and that it learns."""

import numpy as np
import pytest

from golden.compiled import rnn as fast
from golden.model.anchors import random_anchors
from golden.model.layer import FloatGroup, FloatLayer
from golden.model.rnn import Rnn, window_pass
from golden.training.adam import Adam, adam_step, cosine
from golden.training.rnn import RnnTrainer, Rounding, Settings, stream_loss

from ..helpers import make_float_layer

N, SYMBOLS = 12, 7


def random_model(rng: np.random.Generator) -> Rnn:
    hidden = make_float_layer(rng, n=N, n_out=N, shapes=[(5, 3), (2, 4), (1, 1)])
    output = make_float_layer(rng, n=N, n_out=SYMBOLS, shapes=[(6, 3)])
    return Rnn(embed=rng.normal(size=(SYMBOLS, N)).astype(np.float32), hidden=hidden, output=output)


def fast_window(model: Rnn, h: np.ndarray, tokens: np.ndarray, *, jitter: float = 0.0) -> dict[str, np.ndarray]:
    batch, steps = tokens.shape[0], tokens.shape[1] - 1
    (s_rows, s), (u_rows, u) = fast.flatten(model.hidden), fast.flatten(model.output)
    n_s, n_u = model.hidden.n_t, model.output.n_t
    made = {
        "h": h.copy(),
        "s_used": np.empty((batch, steps, n_s), np.int32),
        "u_used": np.empty((batch, steps, n_u), np.int32),
        "grad_h": np.empty((batch, steps, model.n), np.float32),
        "grad_o": np.empty((batch, steps, model.n_sym), np.float32),
        "losses": np.empty(batch),
    }
    rng = np.random.default_rng(5)
    states = [rng.integers(1, 1 << 32, (batch, count), dtype=np.uint32) for count in (n_s, n_u)]
    filled = [made[name] for name in ("s_used", "u_used", "grad_h", "grad_o", "losses")]
    fast.batch_pass(0, batch, model.embed, s_rows, s, u_rows, u, made["h"], tokens, np.float32(jitter), *states, *filled)
    return made


def row_gradient(layer: FloatLayer, used: np.ndarray, grad: np.ndarray) -> np.ndarray:
    rows, _ = fast.flatten(layer)
    total = np.zeros(rows.shape)
    for table in range(used.shape[2]):
        np.add.at(total, used[:, :, table].reshape(-1), grad.reshape(-1, grad.shape[2]))
    return total


def rows_of(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.reshape(-1, part.shape[2]) for part in parts])


def test_the_compiled_window_equals_the_numpy_one(rng):
    model = random_model(rng)
    h = rng.normal(size=(4, N)).astype(np.float32)
    tokens = rng.integers(0, SYMBOLS, (4, 9)).astype(np.int32)
    found = fast_window(model, h, tokens)
    loss, gradients, state = window_pass(model, h, tokens)
    assert found["losses"].sum() / (4 * 8) == pytest.approx(loss, rel=1e-4)
    assert np.allclose(found["h"], state, atol=1e-5)
    assert np.allclose(row_gradient(model.hidden, found["s_used"], found["grad_h"]), rows_of(gradients.hidden), atol=1e-5)
    assert np.allclose(row_gradient(model.output, found["u_used"], found["grad_o"]), rows_of(gradients.output), atol=1e-5)
    d_embed = np.zeros((SYMBOLS, N))
    np.add.at(d_embed, tokens[:, :-1].reshape(-1), found["grad_h"].reshape(-1, N))
    assert np.allclose(d_embed, gradients.embed, atol=1e-5)
    model.hidden.groups[0].tables[0] *= -1  # negative control
    changed = fast_window(model, h, tokens)
    assert not np.allclose(changed["grad_h"], found["grad_h"], atol=1e-5)


def test_compiled_jitter_flips_the_nearest_bit_as_often_as_it_should():
    anchors = np.array([[[0, 1], [2, 3]]], np.int16)
    zero = np.zeros((1, 4, 4), np.float32)
    model = Rnn(
        embed=np.array([[0.5, 0.0, 9.0, 0.0]], np.float32),
        hidden=FloatLayer(groups=(FloatGroup(anchors=anchors, tables=zero),)),
        output=FloatLayer(groups=(FloatGroup(anchors=anchors, tables=zero[:, :, :1]),)),
    )
    found = fast_window(model, np.zeros((50, 4), np.float32), np.zeros((50, 401), np.int32), jitter=0.6)
    used = found["u_used"].reshape(-1)
    assert set(used.tolist()) == {0b11, 0b10}
    assert np.mean(used == 0b10) == pytest.approx(0.6 * 0.5 / 1.5, abs=0.01)


def test_compiled_adam_equals_the_numpy_one(rng):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(3, 2), (2, 3)])
    rows, flat = fast.flatten(layer)
    wanted = rows.astype(np.float64)
    moments = [np.zeros_like(rows), np.zeros_like(rows)]
    wanted_moments = [np.zeros(rows.shape), np.zeros(rows.shape)]
    adam = Adam()
    for step in (1, 2, 3):
        used = np.stack([rng.integers(flat.low[i], flat.low[i] + flat.size[i], (4, 6)) for i in range(5)], axis=2).astype(np.int32)
        grad = rng.normal(size=(4, 6, 5)).astype(np.float32)
        constants = (adam.beta1, adam.beta2, adam.epsilon)
        fast.adam_tables(0, 5, rows, rows, flat.low, flat.size, used, grad, *moments, 0.01, *constants, step, 0.0, 0.0, False)
        adam_step(wanted, row_gradient(layer, used, grad), *wanted_moments, step=step, rate=0.01, adam=adam)
    assert np.allclose(rows, wanted, atol=1e-5)
    assert not np.allclose(rows, fast.flatten(layer)[0], atol=1e-3)


def test_rounded_rows_are_multiples_within_the_width(rng):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(3, 2)])
    rows, flat = fast.flatten(layer)
    used_rows = np.zeros_like(rows)
    used = np.broadcast_to(flat.low, (1, 1, 3)).astype(np.int32)
    grad = np.zeros((1, 1, 5), np.float32)
    moments = np.zeros_like(rows), np.zeros_like(rows)
    fast.adam_tables(0, 3, rows, used_rows, flat.low, flat.size, used, grad, *moments, 0.0, 0.9, 0.99, 1e-8, 1, 0.0625, 7.0, False)
    assert np.array_equal(used_rows, np.clip(np.rint(fast.flatten(layer)[0] / 0.0625), -7, 7) * 0.0625)
    assert np.abs(rows).max() <= 7 * 0.0625


def small_model(seed: int = 3) -> Rnn:
    rng = np.random.default_rng(seed)
    hidden, output = (random_anchors(n_t=8, n_c=4, n=32, rng=rng) for _ in range(2))
    return Rnn.start(n_sym=5, hidden=(hidden,), output=(output,), n=32, rng=rng)


PATTERN = np.tile(np.array([0, 1, 2, 3, 4, 4, 3, 1, 1, 0, 2], np.int32), 60)


def trained(*, seed: int = 0, threads: int = 1, steps: int = 60, rounding: Rounding | None = None) -> tuple[Rnn, list[float]]:
    bits: list[float] = []
    settings = Settings(streams=8, context=8, seed=seed, threads=threads, warm=5)
    with RnnTrainer(small_model(), PATTERN, settings) as trainer:
        if rounding is not None:
            trainer.round(rounding)
        trainer.run(lambda _, b: bits.append(b), steps=steps, minutes=None)
        return trainer.current(), bits


def test_training_learns_is_seeded_and_does_not_depend_on_threads():
    model, bits = trained(steps=150)
    assert bits[0] == pytest.approx(np.log2(5), abs=0.01)
    assert stream_loss(model, PATTERN) / (len(PATTERN) - 1) / np.log(2) < 0.6
    first, again, other = trained(), trained(threads=3), trained(seed=1)
    assert first[1] == again[1]
    assert np.array_equal(first[0].hidden.groups[0].tables, again[0].hidden.groups[0].tables)
    assert first[1] != other[1]


def test_a_rounded_training_ends_in_multiples_of_the_units():
    model, bits = trained(rounding=Rounding(hidden_unit=0.125, output_unit=0.25), steps=150)
    tables = model.output.groups[0].tables
    assert np.array_equal(tables, np.rint(tables * 4) / 4)
    assert np.abs(model.hidden.groups[0].tables).max() <= 7 * 0.125
    assert np.mean(bits[-10:]) < 1.5
    free, kept = (Rounding(hidden_unit=1 / 32, output_unit=0.25, hidden_bits=8, hidden_most=most) for most in (None, 0.07))
    largest = [float(np.abs(trained(rounding=rounding, steps=150)[0].hidden.groups[0].tables).max()) for rounding in (free, kept)]
    assert largest[0] > largest[1] == 0.0625


def test_a_schedule_by_time_ends():
    with RnnTrainer(small_model(), PATTERN, Settings(streams=8, context=8)) as trainer:
        trainer.run(lambda _, __: None, steps=None, minutes=0.005)
        assert trainer.step > 0


def test_streams_of_the_recent_text_learn_its_end_better():
    end = np.tile(np.array([4, 2, 0, 3], np.int32), 30)
    text = np.concatenate([np.tile(PATTERN, 2)[: 9 * len(end)], end])

    def loss_at_the_end(recent: float) -> float:
        settings = Settings(streams=8, context=8, threads=1, warm=5, recent=recent)
        with RnnTrainer(small_model(), text, settings) as trainer:
            trainer.run(lambda _, __: None, steps=60, minutes=None)
            return stream_loss(trainer.current(), end) / len(end)

    assert loss_at_the_end(0.5) < 0.8 * loss_at_the_end(0.0)


def test_a_text_shorter_than_the_context_is_refused():
    with pytest.raises(ValueError, match="must have more than 32 characters to train on, not 20"):
        RnnTrainer(small_model(), PATTERN[:20], Settings(streams=4, context=32))


def test_the_rate_rises_and_falls():
    assert cosine(0.0, step=1, warm=100) == pytest.approx(0.01)
    assert cosine(0.5, step=1000, warm=100) == pytest.approx(0.5)
    assert cosine(1.0, step=1000, warm=100) == pytest.approx(0.0)
