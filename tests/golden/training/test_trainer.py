"""The trainer of every text network: its schedule, its rate, its end, and that a step does what it should."""

import numpy as np
import pytest

from golden.integer.layer import NetworkError
from golden.model.adam import Adam, cosine
from golden.training.trainer import Trainer

from .architectures.small import PATTERN, SYMBOLS, rnn_options, rnn_trainer, small_rnn, transformer_options, transformer_trainer

KINDS = {
    "rnn": lambda **given: rnn_trainer(rnn_options(**given)),
    "transformer": lambda **given: transformer_trainer(transformer_options(**given)),
}


@pytest.fixture(params=KINDS)
def make(request):
    return KINDS[request.param]


def test_the_rate_rises_and_falls():
    assert cosine(0.0, step=1, warm=100) == pytest.approx(0.01)
    assert cosine(0.5, step=1000, warm=100) == pytest.approx(0.5)
    assert cosine(1.0, step=1000, warm=100) == pytest.approx(0.0)


def test_a_schedule_by_time_ends(make):
    heard = []
    with make() as trainer:
        trainer.one_step(0.0)  # compiles
        assert not trainer.run(lambda done, bits: heard.append(done), steps=None, minutes=0.005)
        assert trainer.step == len(heard) + 1
    assert heard == sorted(heard)
    assert 0 <= heard[0] < heard[-1] < 1


def test_a_schedule_by_steps_is_heard_step_by_step(make):
    heard = []
    with make() as trainer:
        assert not trainer.run(lambda done, bits: heard.append(done), steps=8, stop=0.5)
        assert trainer.step == 4
        assert not trainer.run(lambda done, bits: heard.append(done), steps=8, start=0.5)
        assert trainer.step == 8
    assert heard == [step / 8 for step in range(8)]


def test_a_second_part_of_a_schedule_by_time_begins_where_it_is_told():
    heard = []
    with rnn_trainer(rnn_options()) as trainer:
        trainer.run(lambda done, bits: heard.append(done), steps=None, minutes=0.01, start=0.75)
    assert 0.75 <= heard[0] < heard[-1] < 1


def test_progress_can_end_the_training(make):
    heard = []

    def progress(done: float, bits: float) -> bool:
        heard.append(bits)
        return len(heard) == 3

    with make() as trainer:
        assert trainer.run(progress, steps=8)
        assert trainer.step == len(heard) == 3


def test_a_loss_is_told_in_bits_of_a_target(make):
    with make(jitter=0.0) as trainer:
        assert trainer.one_step(0.0) == pytest.approx(np.log2(SYMBOLS), abs=1e-3)  # tables are zero


def test_the_rate_is_the_options(make):
    def moved(rate: float, done: float = 0.0) -> float:
        with make(rate=rate, warm=1) as trainer:
            trainer.one_step(done)
            return float(np.abs(trainer.learner.current().output.groups[0].tables).max())

    assert moved(0.01) == pytest.approx(0.01, rel=1e-3)  # the first step of Adam moves by the rate
    assert moved(0.02) == pytest.approx(0.02, rel=1e-3)
    assert moved(0.02, 0.5) == pytest.approx(0.01, rel=1e-3)
    assert moved(0.02, 1.0) == pytest.approx(0.0, abs=1e-9)


def test_constants_of_adam_are_taken_and_its_rate_is_not():
    def tables(adam: Adam | None) -> np.ndarray:
        options = rnn_options()
        with Trainer(rnn_trainer(options, model=small_rnn()).learner, PATTERN, adam=adam) as trainer:
            for _ in range(3):
                trainer.one_step(0.1)
            return trainer.learner.current().output.groups[0].tables.copy()

    assert np.array_equal(tables(None), tables(Adam(rate=1.0)))
    assert not np.array_equal(tables(None), tables(Adam(beta2=0.5)))


def test_rows_that_are_not_used_stand_still_unless_every_row_moves(make):
    def moved(every_row: bool) -> set[int]:
        with make(streams=1, window=2, every_row=every_row, warm=1) as trainer:
            for _ in range(12):
                trainer.one_step(0.0)
            before = trainer.learner.current().embed.copy()
            trainer.one_step(0.0)
            return set(np.flatnonzero((trainer.learner.current().embed != before).any(axis=1)).tolist())

    read = set(PATTERN[24:26].tolist())
    assert moved(False) == read
    assert moved(True) > read


@pytest.mark.parametrize(("changes", "least"), [({"streams": 4, "window": 32}, 32), ({"streams": 20, "window": 8}, 40)])
def test_a_short_text_is_refused(changes, least):
    with pytest.raises(ValueError, match=f"must have more than {least} characters to train on, not 20"):
        rnn_trainer(rnn_options(**changes), text=PATTERN[:20])


def test_a_loss_that_is_not_finite_ends_the_training():
    model = small_rnn()
    model.output.groups[0].tables[:] = np.nan
    with rnn_trainer(rnn_options(rate=0.5), model=model) as trainer, pytest.raises(NetworkError) as caught:
        trainer.run(lambda done, bits: None, steps=5)
    assert str(caught.value) == "the training run diverged at step 1, its loss is nan: lower --rate, 0.5"
