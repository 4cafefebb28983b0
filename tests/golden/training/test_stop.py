"""A request to stop: the first signal is one, the second interrupts, and afterwards everything is as it was."""

import signal
import threading

import pytest

from golden.training.stop import StopRequest

BOTH = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def _known_handlers():
    """Handlers that are not Python's own, so that it can be seen whether they come back; afterwards those of the test run."""
    before = {number: signal.signal(number, lambda *_: None) for number in BOTH}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in BOTH]


@pytest.mark.parametrize("first", BOTH)
@pytest.mark.parametrize("second", BOTH)
def test_the_first_signal_is_a_request_and_the_second_interrupts(first: signal.Signals, second: signal.Signals) -> None:
    with StopRequest() as stop:
        assert not stop.made
        signal.raise_signal(first)
        assert stop.made
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(second)
        assert stop.made


def test_handlers_are_restored_however_it_is_left() -> None:
    before = handlers()
    with StopRequest():
        assert not set(handlers()) & set(before)
    assert handlers() == before
    with pytest.raises(ArithmeticError), StopRequest():
        raise ArithmeticError
    assert handlers() == before

    def twice() -> None:
        with StopRequest():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert handlers() == before
    signal.raise_signal(signal.SIGTERM)  # heard by the handler of before, which does nothing


def test_requests_do_not_outlive_each_other() -> None:
    with StopRequest() as first:
        signal.raise_signal(signal.SIGINT)
    with StopRequest() as second:
        assert not second.made
        signal.raise_signal(signal.SIGTERM)
    assert first.made
    assert second.made


def test_nested_requests_are_heard_by_the_inner_one() -> None:
    with StopRequest() as outer:
        with StopRequest() as inner:
            signal.raise_signal(signal.SIGINT)
        assert (outer.made, inner.made) == (False, True)
        signal.raise_signal(signal.SIGINT)
        assert outer.made


def test_outside_the_main_thread_it_does_nothing() -> None:
    before, seen = handlers(), []

    def work() -> None:
        with StopRequest() as stop:
            seen.append((handlers(), stop.made))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(before, False)]
    assert handlers() == before
