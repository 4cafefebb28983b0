"""The files an export leaves: raw image, Intel HEX, $readmemh; written whole or not at all."""

from pathlib import Path

import numpy as np

from boards import Board
from polychron.system.files import open_input, write_whole
from polychron.system.together import check_together, with_list

from .. import isa
from ..program import Program
from .image import write_image


class FileError(ValueError):
    """A file that can't be read or written; the message is one sentence that begins with its path."""


def read_bytes(path: Path, *, limit: int = 1 << 26) -> bytes:
    """The bytes of a file of at most ``limit`` bytes that belongs to the files it was written with."""
    try:
        with open_input(path) as file:
            data = file.read(limit + 1)
        if len(data) <= limit:
            check_together(path, data)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > limit:
        raise FileError(f"{path}: is longer than {limit} bytes")
    return data


def write_atomic(files: dict[Path, bytes]) -> None:
    """:func:`polychron.system.files.write_whole`, in folders that are made if need be; raises ``FileError``."""
    try:
        write_whole(files, folders=True)
    except OSError as error:
        raise FileError(f"{error.filename}: cannot be written: {error.strerror}") from None


def fits_flash(size: int, board: Board) -> bool:
    """Whether the board's flash has room for an image of ``size`` bytes."""
    return board.image_offset + size <= board.flash_size


def export_files(program: Program, board: Board, out: Path) -> dict[Path, bytes]:
    """Path and bytes of every file of an export to the folder ``out`` (docs/user/export.md), their list first. An image with tables for an
    SDRAM may be too large for the flash: then it is there for the host to load, and image.hex is left out."""
    image = write_image(program)
    flashed = fits_flash(len(image), board)
    if not flashed and board.sdram is None:
        raise FileError(f"the image of {len(image)} bytes at 0x{board.image_offset:x} reaches beyond the flash of {board.flash_size} bytes")
    files = {"image.bin": image, **({"image.hex": _intel_hex(image, board.image_offset)} if flashed else {})}
    memory, columns = program.memory(board.tiers[0].size), program.width.side_words
    beats = [int.from_bytes(memory[at : at + 2 * columns], "little") for at in range(0, len(memory), 2 * columns)]
    files["tables.mem"] = _readmemh(beats, 4 * columns)
    for column in range(columns):
        files[f"tables{column}.mem"] = _readmemh(np.frombuffer(memory, "<u2")[column::columns].tolist(), 4)
    digits = -(-program.width.anchor_bits // 4)
    files["anchors.mem"] = _readmemh([*program.anchors, *[0] * (board.anchor_words - len(program.anchors))], digits)
    words = [word for run in program.runs for word in run.encode()]
    depth = board.program_instructions * isa.WORDS_PER_INSTRUCTION
    files["program.mem"] = _readmemh([*words, *[0] * (depth - len(words))], 4)
    store = np.zeros(program.width.store_latencies, np.int16)
    store[: len(program.store)] = program.store
    files["store.mem"] = _readmemh((store.astype(np.int64) & 0xFFFF).tolist(), 4)
    jitter = np.zeros(256, np.int16) if program.sampling.jitter is None else program.sampling.jitter
    files["jitter.mem"] = _readmemh((jitter.astype(np.int64) & 0xFFFF).tolist(), 4)
    return {out / name: data for name, data in with_list(files).items()}


def _intel_hex(image: bytes, offset: int) -> bytes:
    """Records of 16 bytes from ``offset``, a multiple of 16; one for the high half of the address where that changes."""
    lines = []
    for at in range(0, len(image), 16):
        high, low = divmod(offset + at, 1 << 16)
        if at == 0 or low == 0:
            lines.append(_record(4, 0, high.to_bytes(2, "big")))
        lines.append(_record(0, low, image[at : at + 16]))
    return b"".join([*lines, _record(1, 0, b"")])


def _record(kind: int, address: int, data: bytes) -> bytes:
    body = bytes([len(data)]) + address.to_bytes(2, "big") + bytes([kind]) + data
    return b":%s%02X\n" % (body.hex().upper().encode(), -sum(body) & 0xFF)


def _readmemh(words: list[int], digits: int) -> bytes:
    return "".join(f"{word:0{digits}x}\n" for word in words).encode()
