"""Replies in whole frames that no core of the present version gives: refused in a sentence that says which."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from firmware import isa
from firmware.host.host import Host, LinkError

from .core import FakeCore


class OddCore(FakeCore):
    """Answers every request with ``status`` and ``payload``."""

    def __init__(self, payload: bytes, status: int = isa.Status.OK) -> None:
        super().__init__()
        self._odd = status, payload

    def _execute(self, code: int, payload: bytes) -> tuple[int, bytes]:
        return self._odd


GREETING = bytes([isa.LINK_VERSION, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0])


def greeting(**changed: int) -> bytes:
    data = bytearray(GREETING)
    for name, value in changed.items():
        data[isa.Greeting[name]] = value
    return bytes(data)


@pytest.mark.parametrize(
    ("ask", "payload", "message"),
    [
        (Host.hello, b"", "the core speaks link version unknown, this host version 3"),
        (Host.hello, greeting(VERSION=2), "the core speaks link version 2, this host version 3"),
        (Host.hello, GREETING[:-1], "the core's greeting must have 12 bytes, not 11"),
        (Host.hello, greeting(LANES=9), "the core's greeting tells of no core: lanes must be one of 8, 16, 32, not 9"),
        (Host.hello, greeting(COMPARATORS=3), "the core's greeting tells of no core: comparators must be one of 1, 2, 4, not 3"),
        (Host.hello, greeting(ERROR=7), "the core reports the unknown loader error 7"),
        (lambda host: host.load(b"image"), b"\0", "the reply to LOAD must have 2 bytes, not 1"),
        (lambda host: host.step(3), b"ab", "the reply to STEP must have 3 symbols, not 2"),
        (lambda host: host.feed([1]), b"ab", "the reply to FEED must have 1 symbols, not 2"),
        (Host.counters, b"abc", r"the reply to READ must have \d+ bytes, not 3"),
        (Host.results, b"\x09\0", "the core lists 9 spikes, at most 8 are kept"),
    ],
)
def test_an_odd_reply_is_named(ask: Callable[[Host], object], payload: bytes, message: str) -> None:
    with pytest.raises(LinkError, match=f"^{message}$"):
        ask(Host(OddCore(payload)))


def test_a_status_of_another_version() -> None:
    with pytest.raises(LinkError, match=r"^STEP is refused: unknown status 99$"):
        Host(OddCore(b"", status=99)).step(1)


def test_what_a_greeting_tells_of() -> None:
    plain = Host(OddCore(GREETING)).hello()
    assert str(plain) == "core with 8 lanes and 2 comparators, link version 3, flash not ready"
    wide = Host(OddCore(greeting(LANES=16 | 1 << isa.CORES_SHIFT, COMPARATORS=0x42, CAPTURE=0x35))).hello()
    assert (wide.cores, wide.capture, wide.sdram_capture, wide.width.far_banks) == (2, 5, 3, 4)
    told = str(replace(wide, sdram_ready=True, learns=True))
    assert told.startswith("2 cores, each with 16 lanes and 2 comparators and an SDRAM, link version 3, flash not ready, SDRAM ready")
    assert told != str(replace(wide, sdram_ready=True))
