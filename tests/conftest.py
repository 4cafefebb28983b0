"""Programs that tests start take signals, also where the tests themselves were started to ignore them (nohup, a shell's ``&``). The longest
tests start first, so that no worker is left alone with one at the end."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from polychron.system.children import SIGNALS

LONGEST = {
    "test_the_main_job",
    "test_frames_to_the_compiled_board",
    "test_a_cold_and_a_warm_cache_give_the_same_network",
    "test_network_files",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: getattr(item, "originalname", None) not in LONGEST)


def pytest_configure() -> None:
    settings.register_profile("any machine", deadline=None)  # an example may take as long as a busy machine takes
    settings.load_profile("any machine")
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)  # ignored here, and the default in a child


@pytest.fixture
def same_signals() -> Iterator[None]:
    """Signals are heard afterwards as before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
