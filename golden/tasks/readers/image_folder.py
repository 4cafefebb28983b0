"""A folder of images by class, FOLDER/LABEL/*.png and its like, by Pillow: all brought to grey, and to one size."""

import hashlib
import io
import logging
import os
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable
from polychron.system.progress import under_way
from polychron.system.silent import silent

from ...integer.layer import NetworkError
from ..fitting.recipe import MAX_INPUTS, MAX_OUTPUTS
from .content import check_size, named, read_content
from .sizes import Size, shown
from .table import Table, Wanted, frame_of

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".pbm", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
KINDS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP")
"""Pillow's names of them: nothing else is tried, whatever a file begins with."""

MAX_PIXELS = 1 << 26
"""Of an image as its file has it."""


NO_NUMBERS = "there must be IDX files in a folder that numbers are learnt from; folders of images are for train classify"


def read(path: Path, wanted: Wanted) -> Table:
    """The images of a folder's folders, whose names are the labels, in the order of their names; of the size that is wanted, or the first
    image's. Refused where numbers are wanted."""
    if wanted.numbers:
        raise NetworkError(f"{printable(path)}: {NO_NUMBERS}")
    places = _places(path)
    size, digest, files = wanted.size, hashlib.sha256(), []
    pixels = np.empty((0, 0), np.uint8)
    with under_way("reading images") as phase:
        for number, (label, file) in enumerate(places):
            with named(file):
                content = read_content(file)
                digest.update(hashlib.sha256(content).digest() + os.fsencode(f"{label}/{file.name}") + b"\0")
                image = _grey(content)
                if size is None:
                    size = image.height, image.width
                    if size[0] * size[1] > MAX_INPUTS:
                        limit = f"more than the {MAX_INPUTS} pixels that a network takes"
                        raise NetworkError(f"it has {shown(size)}, {limit}: give --size, such as --size 28x28")
            if number == 0:
                with named(path):
                    check_size(len(places) * size[0] * size[1])
                pixels = np.empty((len(places), size[0] * size[1]), np.uint8)
            pixels[number] = _sized(image, size)
            files.append(file)
            phase(f"{number + 1} of {len(places)}")
    labels = np.array([label for label, _ in places])
    return Table(frame=frame_of(pixels, labels, name="label"), sha256=digest.hexdigest(), files=tuple(files), apart=True, size=size)


def _places(folder: Path) -> list[tuple[str, Path]]:
    """Labels and files, in the order of their names; those that begin with a dot are left out."""
    classes = sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    if not 1 <= len(classes) <= MAX_OUTPUTS:
        needed = f"IDX files, or 1..{MAX_OUTPUTS} folders of images, one a class"
        raise NetworkError(f"{printable(folder)}: there must be {needed}, not {len(classes)} folders")
    found = []
    for one in classes:
        images = sorted(file for file in one.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith("."))
        if not images:
            raise NetworkError(f"{printable(one)}: there is no image in it (a name that ends with {', '.join(SUFFIXES)})")
        found += [(one.name, file) for file in images]
    return found


UNHEARD = logging.NullHandler()
"""Of what Pillow logs beside the exceptions that it raises."""


def _pillow() -> Any:
    try:
        import PIL.Image
        import PIL.ImageChops
        import PIL.ImageOps
    except ImportError:
        raise NetworkError("images are read by Pillow: pip install 'polychron[tasks]'") from None
    logging.getLogger("PIL").addHandler(UNHEARD)
    return PIL


def _grey(content: bytes) -> Any:
    """The image, or the first of several, turned as its EXIF says, in 256 steps of grey; what is transparent is over black."""
    pil = _pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata
            image = pil.Image.open(io.BytesIO(content), formats=KINDS)
            if image.width * image.height > MAX_PIXELS:
                raise NetworkError(f"it must have at most {MAX_PIXELS} pixels, not {shown((image.height, image.width))}")
            with silent() if image.format == "TIFF" else nullcontext():  # libtiff writes to standard error
                image.load()
            pil.ImageOps.exif_transpose(image, in_place=True)
            return _in_grey(pil, image)
    except (NetworkError, MemoryError):
        raise
    except pil.UnidentifiedImageError:
        raise NetworkError(f"it is no image that can be read ({', '.join(KINDS)})") from None
    except Exception as error:  # Pillow raises what it likes
        raise NetworkError(f"it is no image that can be read: {printable(error, limit=300)}") from None


def _in_grey(pil: Any, image: Any) -> Any:
    if image.mode.startswith("I"):  # 16 bits, or 32 that hold no more
        return pil.Image.fromarray((np.clip(np.asarray(image), 0, 0xFFFF) >> 8).astype(np.uint8))
    if image.mode == "F":
        raise NetworkError("its pixels must be whole numbers")
    grey = image.convert("L")
    if image.has_transparency_data:
        grey = pil.ImageChops.multiply(grey, image.convert("RGBA").getchannel("A"))
    return grey


def _sized(image: Any, size: Size) -> npt.NDArray[np.uint8]:
    """(pixels,), stretched where height and width are in another proportion."""
    height, width = size
    if (image.height, image.width) != size:
        image = image.resize((width, height), _pillow().Image.Resampling.BILINEAR)
    return np.asarray(image, np.uint8).reshape(-1)
