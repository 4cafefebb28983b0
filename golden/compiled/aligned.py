"""Arrays that begin at a multiple of a cache line: sixteen floats of a row lie in one line, which compiled code reads with one access."""

import numpy as np
import numpy.typing as npt

from .kernel import kernel

LINE = 64  # bytes
Float32 = npt.NDArray[np.float32]


@kernel()
def aligned_floats(size):
    """So many zeros, float32; ``view`` makes them int32. For compiled code, too."""
    room = np.zeros(size + LINE // 4, np.float32)
    start = -room.ctypes.data % LINE // 4
    return room[start : start + size]


def aligned_zeros(shape: tuple[int, ...]) -> Float32:
    """The same in any shape."""
    return aligned_floats(int(np.prod(shape))).reshape(shape)


def aligned(array: Float32) -> Float32:
    """``array`` itself, or a copy if it begins elsewhere."""
    return array if array.ctypes.data % LINE == 0 else aligned_copy(array)


def aligned_copy(array: Float32) -> Float32:
    copy = aligned_zeros(array.shape)
    copy[...] = array
    return copy
