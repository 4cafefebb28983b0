"""An array in NumPy's format, from bytes that may hold anything: never a pickle, and nothing is set aside for what isn't there."""

import io
import math
import sys
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable

from ...integer.layer import NetworkError

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def array_of(content: bytes) -> npt.NDArray[Any]:
    """The array whose bytes ``content`` is (numpy.lib.format, versions 1.0 and 2.0), not copied; texts as Python's. ``NetworkError`` for
    objects, records, and a shape that takes other than the bytes that are there."""
    file = io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            version = np.lib.format.read_magic(file)
            shape, fortran, kind = HEADERS[version](file)
    except KeyError:
        raise NetworkError("its format must be version 1.0 or 2.0 of NumPy's arrays") from None
    except MemoryError as error:
        raise NetworkError(f"its header can't be read: {printable(error, limit=300)}") from None
    except Exception as error:  # a header is read as Python, which raises what it likes
        raise NetworkError(f"it is no array of NumPy's: {printable(error, limit=300)}") from None
    if kind.hasobject or kind.kind == "V":
        raise NetworkError(f"it must be a plain array, not one of {'Python objects' if kind.hasobject else 'records'}")
    sizes, there = [int(size) for size in shape], len(content) - file.tell()
    found = printable(" x ".join(map(str, sizes)) or "a single value", limit=300)
    if min([*sizes, kind.itemsize]) < 1:
        raise NetworkError(f"it must have a size above 0 in each dimension, and of an entry, not {found} of {kind.itemsize} bytes")
    if (due := math.prod(sizes) * kind.itemsize) != there:
        raise NetworkError(f"after its header of {found} it must have {printable(due)} bytes, not {there}")
    flat = np.frombuffer(content, kind, offset=file.tell())
    if kind.kind == "U" and flat.view(np.dtype("u4").newbyteorder(kind.byteorder)).max() > sys.maxunicode:
        raise NetworkError("its texts must be Unicode")
    array = flat.reshape(sizes, order="F" if fortran else "C")
    return array.astype(object) if kind.kind == "U" else array
