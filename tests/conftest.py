"""Programs that tests start take signals, also where the tests themselves were started to ignore them (nohup, a shell's ``&``)."""

import signal


def pytest_configure() -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)  # ignored here, and the default in a child
