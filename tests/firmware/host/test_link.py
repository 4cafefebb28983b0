"""Frames of the UART link: the bytes of the reference page, and a reader that survives whatever comes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import isa
from firmware.host.link import Frame, FrameReader, crc16


def test_crc_check_value() -> None:
    assert crc16(b"123456789") == 0x31C3  # the check value of CRC-16/XMODEM
    assert crc16(b"") == 0


def test_bytes_of_a_frame() -> None:
    frame = Frame.request(isa.Command.STEP, b"\x05", seq=7)
    crc = crc16(bytes([7, 4, 1, 5]))
    assert frame.encode() == bytes([0xA5, 7, 4, 1, 5, crc & 255, crc >> 8])
    assert Frame.answer(isa.Status.BAD_FRAME, seq=0).encode()[:4] == bytes([0x5A, 0, 1, 0])


@settings(max_examples=100, derandomize=True)
@given(
    frames=st.lists(st.tuples(st.integers(0, 255), st.integers(0, 7), st.binary(max_size=255)), max_size=4),
    cuts=st.lists(st.integers(1, 40), min_size=1),
)
def test_round_trip_in_pieces(frames: list[tuple[int, int, bytes]], cuts: list[int]) -> None:
    sent = [Frame(reply=True, seq=seq, code=code, payload=payload) for seq, code, payload in frames]
    data = b"".join(frame.encode() for frame in sent)
    reader, got, at = FrameReader(reply=True), [], 0
    while at < len(data):
        size = cuts[at % len(cuts)]
        got += reader.push(data[at : at + size])
        at += size
    assert got == sent
    assert reader.dropped == 0


def test_garbage_before_a_frame() -> None:
    frame = Frame.answer(isa.Status.OK, bytes(range(40)), seq=3)
    reader = FrameReader(reply=True)
    assert reader.push(b"\x00\xff\xa5" + frame.encode()) == [frame]
    # a start byte that begins nothing: its "frame" has a wrong CRC, the true one stands inside it
    assert reader.push(b"\x5a\x01\x00\x04" + frame.encode()) == [frame]
    assert reader.dropped == 1


def test_every_changed_byte_is_noticed() -> None:
    data = Frame.answer(isa.Status.OK, b"abc", seq=9).encode()
    for at in range(len(data)):
        for bit in range(8):
            reader = FrameReader(reply=True)
            assert reader.push(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]) == []


def test_silence_drops_what_has_begun() -> None:
    frame = Frame.answer(isa.Status.OK, b"abc", seq=9)
    reader = FrameReader(reply=True)
    assert reader.push(frame.encode()[:5]) == []
    reader.silence()
    assert reader.push(frame.encode()) == [frame]
    assert reader.dropped == 1


def test_limits() -> None:
    with pytest.raises(ValueError, match=r"^a frame's payload must be at most 255 bytes, not 256$"):
        Frame(reply=True, seq=0, code=0, payload=bytes(256))
    with pytest.raises(ValueError, match=r"^seq and code must be bytes, not 256 and 0$"):
        Frame(reply=True, seq=256, code=0)
