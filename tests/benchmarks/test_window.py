"""A deep network over text: its input, its score and the compiled trainer's gradients, each against another way to get them."""

import numpy as np
import pytest

from benchmarks.study.models.window import WindowModel, bits_of, latencies, quantise_window, score_window
from benchmarks.study.models.window_trainer import Schedule, WindowTrainer
from golden.compiled.stream import score, stream_outputs
from golden.integer.deep import deep_forward
from golden.integer.layer import Layer, NetworkError, TableGroup
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.symbols import encode
from golden.model.anchors import random_anchors
from golden.model.deep import Deep, deep_pass
from golden.model.layer import FloatGroup, FloatLayer

TEXT = b"the cat sat on the mat, the rat ate that hat; " * 20
SYMBOLS = (*sorted(set(TEXT) - {ord(";")}), -1)
SCHEDULE = Schedule(steps=40, unit=1 / 8, output_unit=1 / 16, streams=4, length=8, jitter=0.0, warm=1, qat=0.5, recent=0.25)


def make_model(*, seed: int = 3) -> WindowModel:
    model = WindowModel.start(n_sym=len(SYMBOLS), widths=(6, 4, 2), hidden=((5, 3), (4, 2)), output=(6, 3), seed=seed)
    rng = np.random.default_rng(seed)
    for layer in (*model.hidden, model.output):
        for group in layer.groups:
            group.tables[:] = rng.normal(0, 0.3, group.tables.shape)
    return model


def test_latencies_are_the_codes_of_the_characters_before() -> None:
    codes = (np.array([[1], [2]], np.int8), np.array([[30, 40], [50, 60]], np.int8))
    x = latencies(codes, np.array([0, 1, 1], np.int32))
    assert x.tolist() == [[0, 0, 0], [1, 0, 0], [2, 30, 40]]


def test_bits_are_those_of_golden_stream() -> None:
    rng = np.random.default_rng(2)

    def layer(n_out: int) -> Layer:
        tables = rng.integers(-7, 8, (4, 8, n_out)).astype(np.int8)
        return Layer(groups=(TableGroup(anchors=random_anchors(n_t=4, n_c=3, n=12, rng=rng), tables=tables),))

    embed = rng.integers(-100, 101, (len(SYMBOLS), 12)).astype(np.int8)
    rnn = RecurrentNetwork(n=12, hidden=(layer(12),), output=layer(len(SYMBOLS)), embed=embed, out_frac=4, symbols=SYMBOLS)
    tokens = encode(SYMBOLS, TEXT)
    bits = bits_of(stream_outputs(rnn, tokens)[0], tokens, symbols=SYMBOLS, out_frac=4)
    assert bits / len(tokens) == pytest.approx(score(rnn, TEXT).bits, rel=1e-12)
    assert bits_of(stream_outputs(rnn, tokens)[0], tokens, symbols=SYMBOLS, out_frac=5) / len(tokens) != pytest.approx(
        score(rnn, TEXT).bits
    )


def test_score_is_that_of_one_window_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.study.models.window.BATCH", 7)  # so that windows reach over the seams
    network, codes = quantise_window(make_model(), unit=1 / 8, output_unit=1 / 16, bits=4, symbols=SYMBOLS, card={})
    tokens = encode(SYMBOLS, TEXT[:50])
    bits = 0.0
    for at in range(50):
        x = [code[tokens[at - d]] if at >= d else np.zeros(code.shape[1]) for d, code in enumerate(codes, start=1)]
        o = deep_forward(network, np.concatenate(x).astype(np.int16)[None]).states[-1]
        bits += bits_of(o, tokens[at : at + 1], symbols=SYMBOLS, out_frac=network.out_frac)
    assert score_window(network, codes, TEXT[:50]) == pytest.approx(bits / 50, rel=1e-9)
    with pytest.raises(NetworkError, match=r"the codes must make the 12 latencies"):
        score_window(network, codes[:2], TEXT)


def test_gradients_are_those_of_golden_deep() -> None:
    """Adam's first moment after one step is a tenth of the gradient."""
    model, tokens = make_model(), encode(SYMBOLS, TEXT)
    trainer = WindowTrainer(make_model(), tokens, SCHEDULE)
    pieces: list[np.ndarray] = []
    draw = trainer._pieces
    trainer._pieces = lambda: pieces.append(draw()) or pieces[-1]  # type: ignore[method-assign, func-returns-value]
    loss = trainer.one_step(0.0)
    reach, found = len(model.codes), pieces[0]
    x = np.concatenate([latencies(model.codes, piece)[reach:] for piece in found]).astype(np.float64)
    twice = [FloatLayer(groups=tuple(FloatGroup(anchors=g.anchors, tables=g.tables.astype(np.float64)) for g in one.groups))  # type: ignore[arg-type]
             for one in (*model.hidden, model.output)]  # fmt: skip
    deep = Deep(n=12, hidden=tuple(twice[:-1]), output=twice[-1])
    nats, gradients, dx = deep_pass(deep, x, found[:, reach:].reshape(-1))
    assert loss == pytest.approx(nats / np.log(2), rel=1e-5)
    for layer, (wanted,) in zip(trainer._layers, gradients, strict=True):
        first = layer.tables.rows.first
        np.testing.assert_allclose(10 * first, wanted.reshape(first.shape), rtol=2e-4, atol=2e-7)
    low = 0
    for distance, code in enumerate(trainer._codes, start=1):
        rows = code.rows
        width = rows.weights.shape[1]
        wanted = np.zeros(rows.weights.shape)
        np.add.at(wanted, found[:, reach - distance : -distance].reshape(-1), dx[:, low : low + width])
        np.testing.assert_allclose(10 * rows.first, wanted, rtol=2e-4, atol=2e-7)
        assert np.abs(wanted).max() > 1e-4
        low += width


@pytest.mark.parametrize("grow", [0, 1])
def test_training_learns_and_leaves_what_it_rounded(grow: int) -> None:
    model = WindowModel.start(n_sym=len(SYMBOLS), widths=(6, 4, 2), hidden=((5, 3),), output=(6, 3), seed=0)
    schedule = Schedule(steps=300, unit=1 / 8, output_unit=1 / 16, streams=8, length=8, warm=10, rate=0.02, grow=grow)
    trainer = WindowTrainer(model, encode(SYMBOLS, TEXT), schedule)
    trainer.run(lambda done, bits: None)
    done = trainer.current()
    network, codes = quantise_window(done, unit=1 / 8, output_unit=1 / 16, bits=4, symbols=SYMBOLS, card={})
    tables = network.hidden[0].groups[0].tables / 8
    np.testing.assert_array_equal(tables, done.hidden[0].groups[0].tables)
    np.testing.assert_array_equal(codes[0] / 8, done.codes[0])
    assert score_window(network, codes, TEXT) < 2.2
    untrained, old = quantise_window(make_model(), unit=1 / 8, output_unit=1 / 16, bits=4, symbols=SYMBOLS, card={})
    assert score_window(untrained, old, TEXT) > 3.5


def test_a_short_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the text must have more than 120 characters to train on, not 100"):
        WindowTrainer(make_model(), np.zeros(100, np.int32), SCHEDULE)
