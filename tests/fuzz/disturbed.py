"""A line between host and core on which single frames, in either direction, are disturbed in the five ways that a frame can be."""

from firmware.host.link import FrameReader
from firmware.host.transport import Transport

from ..firmware.host.core import FakeCore
from .mutants import Rng

KINDS = ("garbled", "truncated", "duplicated", "reordered", "oversized")
WAYS = ("request", "reply")


class TimedCore(FakeCore):
    """A core in plain Python, with a clock that waiting for nothing moves on."""

    clock = 0.0

    def now(self) -> float:
        self.clock += 0.001
        return self.clock

    def read(self, size: int, timeout: float) -> bytes:
        data = super().read(size, timeout)
        if not data:
            self.clock += timeout
        return data


class Quickened(Transport):
    """A transport whose second is ``factor`` times as long for who reads it: a millisecond of a driver is a few clocks of a board."""

    def __init__(self, line: Transport, factor: float) -> None:
        self._line, self._factor = line, factor

    def now(self) -> float:
        return self._line.now() * self._factor

    def write(self, data: bytes) -> None:
        self._line.write(data)

    def read(self, size: int, timeout: float) -> bytes:
        return self._line.read(size, timeout / self._factor)


class DisturbedLine(Transport):
    """``arm(way, kind)`` disturbs the next frame of that way; ``chance``: that of any other frame, but then requests keep their order.

    A frame that is reordered comes after the next one of its way. Of requests that is the same one sent again, as a host waits for the
    reply; where many are disturbed it might be another, and the core, which remembers one number, would execute the first again.
    What is garbled, cut or too long is never right by chance: the one in 65,536 that a CRC-16 does not find is drawn again. ``done``: how
    many frames were disturbed so, by way and kind.
    """

    def __init__(self, core: Transport, rng: Rng) -> None:
        self.core, self.rng, self.chance = core, rng, 0.0
        self.done = {(way, kind): 0 for way in WAYS for kind in KINDS}
        self._armed: dict[str, str] = {}
        self._kept: dict[str, bytes] = {}
        self._replies = FrameReader(reply=True)
        self._ready = bytearray()

    def arm(self, way: str, kind: str) -> None:
        self._armed[way] = kind

    @property
    def armed(self) -> bool:
        """Whether what was armed has not happened."""
        return bool(self._armed)

    def now(self) -> float:
        return self.core.now()

    def write(self, data: bytes) -> None:
        if data := self._through("request", data):
            self.core.write(data)

    def read(self, size: int, timeout: float) -> bytes:
        end = self.core.now() + timeout
        while not self._ready:
            left = end - self.core.now()
            data = self.core.read(4096, left) if left > 0 else b""
            if not data:
                return b""
            for frame in self._replies.push(data):
                self._ready += self._through("reply", frame.encode())
        came = bytes(self._ready[:size])
        del self._ready[:size]
        return came

    def _through(self, way: str, frame: bytes) -> bytes:
        """What becomes of a frame."""
        kept = self._kept.pop(way, b"")
        kind = self._armed.pop(way, None)
        if kind is None and self.rng.random() < self.chance:
            kind = str(self.rng.choice([kind for kind in KINDS if (way, kind) != ("request", "reordered")]))
        if kind == "reordered" and kept:
            kind = None  # it lets one pass already
        if kind is None:
            return frame + kept
        self.done[way, kind] += 1
        if kind == "reordered":
            self._kept[way] = frame
            return b""
        return self._changed(way, kind, frame) + kept

    def _changed(self, way: str, kind: str, frame: bytes) -> bytes:
        if kind == "duplicated":
            return 2 * frame
        rng, whole = self.rng, FrameReader(reply=way == "reply")
        while True:
            if kind == "garbled":
                out = bytearray(frame)
                for at in rng.integers(len(out), size=int(rng.integers(1, 5))):
                    out[at] ^= int(rng.integers(1, 256))
            elif kind == "truncated":
                out = bytearray(frame[: int(rng.integers(1, len(frame)))])
            elif rng.random() < 0.5:
                return frame + rng.bytes(int(rng.integers(1, 300)))
            else:
                more = int(rng.integers(1, 256 - frame[3])) if frame[3] < 255 else 0
                out = bytearray(frame[:3] + bytes([frame[3] + more]) + frame[4:-2] + rng.bytes(more) + frame[-2:])
                out += bytes(not more)
            if bytes(out) != frame and not whole.push(bytes(out)) and not whole.silence():
                return bytes(out)
