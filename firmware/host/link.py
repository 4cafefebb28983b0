"""The frames of docs/reference/link.md: requests and replies to bytes and back."""

from binascii import crc_hqx
from dataclasses import dataclass

from .. import isa
from ..isa import FRAME_OVERHEAD, MAX_PAYLOAD, REPLY_START, REQUEST_START


def crc16(data: bytes) -> int:
    """CRC-16/XMODEM: polynomial 0x1021, start value 0."""
    return crc_hqx(data, 0)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A request (``code`` is a command) or a reply (``code`` is a status); ``seq`` and ``code`` are bytes."""

    reply: bool
    seq: int
    code: int
    payload: bytes = b""

    def __post_init__(self) -> None:
        if len(self.payload) > MAX_PAYLOAD:
            raise ValueError(f"a frame's payload must be at most {MAX_PAYLOAD} bytes, not {len(self.payload)}")
        if not (0 <= self.seq <= 255 and 0 <= self.code <= 255):
            raise ValueError(f"seq and code must be bytes, not {self.seq} and {self.code}")

    @classmethod
    def request(cls, command: isa.Command, payload: bytes = b"", *, seq: int, core: int = 0) -> "Frame":
        """``core``: the one that is meant, or ``firmware.isa.ALL_CORES``."""
        return cls(reply=False, seq=seq, code=command | core << isa.CORE_SHIFT, payload=payload)

    @classmethod
    def answer(cls, status: isa.Status, payload: bytes = b"", *, seq: int) -> "Frame":
        return cls(reply=True, seq=seq, code=status, payload=payload)

    def encode(self) -> bytes:
        covered = bytes([self.seq, self.code, len(self.payload)]) + self.payload
        return bytes([REPLY_START if self.reply else REQUEST_START]) + covered + crc16(covered).to_bytes(2, "little")


class FrameReader:
    """Takes bytes as they come and gives whole frames of one direction.

    ``dropped``: what began like a frame and was none; ``skipped``: bytes that are part of no frame.
    """

    def __init__(self, *, reply: bool) -> None:
        self.reply = reply
        self.start = REPLY_START if reply else REQUEST_START
        self.dropped = 0
        self.skipped = 0
        self._held = bytearray()

    def push(self, data: bytes) -> list[Frame]:
        """The frames that ``data`` completes."""
        self._held += data
        frames = []
        while self._held:
            if self._held[0] != self.start:
                self._skip()
                continue
            if len(self._held) < FRAME_OVERHEAD or len(self._held) < FRAME_OVERHEAD + self._held[3]:
                break
            size = FRAME_OVERHEAD + self._held[3]
            covered = bytes(self._held[1 : size - 2])
            if crc16(covered).to_bytes(2, "little") != self._held[size - 2 : size]:
                self.dropped += 1
                self._skip()  # the next start byte may stand inside what looked like this frame
                continue
            frames.append(Frame(reply=self.reply, seq=covered[0], code=covered[1], payload=covered[3:]))
            del self._held[:size]
        return frames

    def silence(self) -> list[Frame]:
        """A pause: what has begun is no frame; those that it seemed to contain."""
        frames = []
        while self._held:
            self.dropped += 1
            self._skip()
            frames += self.push(b"")
        return frames

    def _skip(self) -> None:
        del self._held[0]
        self.skipped += 1
