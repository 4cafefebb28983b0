"""The files a build leaves behind, and the one that holds all a flash needs."""

from collections.abc import Mapping
from pathlib import Path

from hdl.flow.errors import BuildError
from hdl.flow.steps import write_atomic

__all__ = ["flash_image", "write_products"]


def flash_image(*, bitstream: bytes, image: bytes, offset: int, size: int) -> bytes:
    """What a flash of ``size`` bytes holds from its start: the bitstream, 0xFF (erased) up to ``offset``, the memory image."""
    if len(bitstream) > offset:
        raise BuildError(f"the bitstream takes {len(bitstream)} bytes and reaches into the memory image at {offset:#x}")
    if offset + len(image) > size:
        raise BuildError(f"the memory image of {len(image)} bytes at {offset:#x} does not fit a flash of {size} bytes")
    return bitstream.ljust(offset, b"\xff") + image


def write_products(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write every file whole, the last one last: whoever finds it finds all."""
    for name, content in files.items():
        write_atomic(folder / name, content)
