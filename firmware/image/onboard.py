"""Whether an image is one that a board loads from its flash."""

from boards import Board

from .. import isa
from .image import read_image
from .sections import ImageError, unsigned


def check_bootable(image: bytes, board: Board, *, where: str) -> None:
    """Raises ``ImageError``, which names ``where``, unless ``image`` is a whole one for the board's core and its place in the flash."""
    try:
        program = read_image(image)
    except ImageError as error:
        raise ImageError(f"{where}: there is no memory image for {board.image_offset:#x} of the flash in it: {error}") from None
    width = isa.Width.of(board)
    if program.width != width:
        raise ImageError(f"{where}: the memory image is for {program.width}, the core of {board.name} has {width}")
    if unsigned(image) and board.flash is not None and not all(part.answer for part in board.flash.parts):
        raise ImageError(
            f"{where}: the memory image is of version 1, the flash of {board.name} is recognised by the head of version {isa.IMAGE_VERSION}"
        )
    if program.image_offset not in (None, board.image_offset):
        raise ImageError(
            f"{where}: the memory image is for {program.image_offset:#x} of the flash, that of {board.name} is at {board.image_offset:#x}"
        )
