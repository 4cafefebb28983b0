"""The one file that holds all a board's flash needs."""

from hdl.flow.errors import BuildError


def flash_image(*, bitstream: bytes, image: bytes, offset: int, size: int) -> bytes:
    """What a flash of ``size`` bytes holds from its start: the bitstream, 0xFF (erased) up to ``offset``, the memory image."""
    if len(bitstream) > offset:
        raise BuildError(f"the bitstream takes {len(bitstream)} bytes and reaches into the memory image at {offset:#x}")
    if offset + len(image) > size:
        raise BuildError(f"the memory image of {len(image)} bytes at {offset:#x} does not fit a flash of {size} bytes")
    return bitstream.ljust(offset, b"\xff") + image
