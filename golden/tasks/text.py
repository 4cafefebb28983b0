"""The text task: bytes of any file, the last tenth held out; a vocabulary; and a default text that every Python carries."""

import hashlib
import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from polychron.system.files import read_input

from ..integer.layer import NetworkError, require
from ..integer.network import MAX_SYMBOLS
from ..integer.symbols import UNKNOWN

PINNED = "3.11.7"
PINNED_SHA256 = "2a95af4ac93f5b719944030ce3769070ddf827d847cba42192afa8da989e5dc4"


@dataclass(frozen=True, kw_only=True)
class Text:
    """Bytes with the name and the SHA-256 that a network's card quotes. ``note`` says what a user should know of their origin."""

    data: bytes
    name: str
    note: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def train(self) -> bytes:
        """The first nine tenths, rounded down."""
        return self.data[: len(self.data) * 9 // 10]

    @property
    def held_out(self) -> bytes:
        return self.data[len(self.train) :]

    def card(self) -> dict[str, Any]:
        """What a network's card says of what it was trained on."""
        data = {"name": self.name, "bytes": len(self.data), "sha256": self.sha256, "held_out": "the last tenth"}
        return {"task": "text", "data": data}

    def sample(self, size: int, *, pieces: int = 8) -> bytes:
        """About ``size`` bytes of the held-out part, from evenly spread places of it; all of it where it has no more."""
        data = self.held_out
        if len(data) <= size:
            return data
        each = size // pieces
        return b"".join(data[low : low + each] for low in np.linspace(0, len(data) - each, pieces).astype(int))


def read_text(path: Path | None) -> Text:
    """The bytes of a file, None: :func:`default_text`; ``NetworkError`` when it can't be read."""
    if path is None:
        return default_text()
    try:
        return Text(data=read_input(path), name=path.name)
    except OSError as error:
        raise NetworkError(f"{path}: cannot be read: {error.strerror}") from None


def default_text() -> Text:
    """CPython's own help topics (``pydoc_data.topics``), in the order of their names. They change a little with every Python: those of any
    but CPython 3.11.7 have a ``note`` that figures differ a little from the documented ones.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise NetworkError("this Python carries no pydoc topics to train on: name a text with --text") from None
    data = "\n".join(topics[name] for name in sorted(topics)).encode()
    text = Text(data=data, name=f"pydoc topics of CPython {platform.python_version()}")
    if text.sha256 == PINNED_SHA256:
        return text
    return replace(text, note=f"these are not the help topics of CPython {PINNED}: figures will differ a little from the documented ones")


def described_vocabulary(symbols: tuple[int, ...], data: bytes) -> str:
    """A sentence: how many byte values ``data`` has, how many have a symbol of their own, which have not and how often they occur."""
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    lost = [byte for byte in np.flatnonzero(counts).tolist() if byte not in symbols]
    kinds = np.count_nonzero(counts)
    if not lost:
        return f"vocabulary: all {kinds} byte values of the text have a symbol"
    shown = " ".join(ascii(chr(byte))[1:-1] for byte in lost[:40]) + (" ..." if len(lost) > 40 else "")
    share = counts[lost].sum() / max(1, len(data))
    keeps = "keeps all" if kinds < 256 else "keeps the most"
    return (
        f"vocabulary: {kinds - len(lost)} of the text's {kinds} byte values have a symbol; the others, {share:.2%} of the text, "
        f"are read as unknown: {shown} (--symbols {min(256, kinds + 1)} {keeps}; each costs a column of the output tables)"
    )


def vocabulary(train: bytes, *, size: int) -> tuple[int, ...]:
    """Symbols of at most ``size``: the commonest bytes of ``train`` (ties to the smaller byte), then the unknown symbol, -1."""
    require(2 <= size <= MAX_SYMBOLS, f"the vocabulary must have 2..{MAX_SYMBOLS} symbols, not {size}")
    counts = np.bincount(np.frombuffer(train, np.uint8), minlength=256)
    order = [int(byte) for byte in np.argsort(-counts, kind="stable") if counts[byte]]
    return (*order[: size - 1], UNKNOWN)
