"""Lines with no core at their end: prepared answers, and bytes without end."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from firmware import isa
from firmware.host.link import Frame
from firmware.host.transport import Transport


class Script(Transport):
    """Answers each request with prepared bytes, the request's seq put in place of 0xEE."""

    def __init__(self, *answers: list[Frame]) -> None:
        self.answers = list(answers)
        self.ready = b""
        self.requests: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.requests.append(data)
        for frame in self.answers.pop(0) if self.answers else []:
            self.ready += replace(frame, seq=data[1] if frame.seq == 0xEE else frame.seq).encode()

    def read(self, size: int, timeout: float) -> bytes:
        data, self.ready = self.ready[:size], self.ready[size:]
        return data


def answer(status: isa.Status, payload: bytes = b"", seq: int = 0xEE) -> Frame:
    return Frame.answer(status, payload, seq=seq)


class Babble(Transport):
    """A port whose other end sends ``bytes_of(number)`` at each read, a hundredth of a second apart by its own clock."""

    def __init__(self, bytes_of: Callable[[int], bytes]) -> None:
        self.bytes_of = bytes_of
        self.reads = 0

    def now(self) -> float:
        return self.reads / 100

    def write(self, data: bytes) -> None:
        self.seq = data[1]

    def read(self, size: int, timeout: float) -> bytes:
        assert timeout > 0
        self.reads += 1
        return self.bytes_of(self.reads)


BABBLE: dict[str, Callable[[int], bytes]] = {
    "random bytes": lambda number: np.random.default_rng(number).integers(0, 256, 50, dtype=np.uint8).tobytes(),
    "zeros": lambda number: bytes(20),
    "log text": lambda number: b"[%d] I (1234) boot: ready\r\n" % number,
    "replies of another request": lambda number: answer(isa.Status.OK, b"\x02", seq=200).encode(),
    "a drip of start bytes": lambda number: b"\x5a",
    "busy": lambda number: answer(isa.Status.BUSY, seq=1).encode(),
    "a frame that never ends": lambda number: b"\x5a\x01\x00\xff"[(number - 1) % 4 :][:1],
}
