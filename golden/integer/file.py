"""Network files: safetensors with one versioned header entry, so that arrays and card travel in one safe file.

The header's metadata has the one key ``polychron-network``, a JSON object: version, kind, sizes, widths, symbols and card.
Arrays: ``hidden.L.group.G.anchors`` and ``.tables``, ``output.group.G...``, ``embed``, ``constants``, and any number of
``float.*``, from which a training resumes, or ``learn.*``, from which learning goes on. A transformer:
``blocks.B.heads.H.query``, ``.key``, ``.place``, ``.tables``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from polychron.system.files import check_input, write_whole

from .deep import DeepNetwork
from .layer import NetworkError, require
from .network import Network
from .recurrent import RecurrentNetwork
from .signal import SignalNetwork
from .source import Arrays, Source
from .transformer import TransformerNetwork

KEY = "polychron-network"
VERSION = 1
FLOAT, LEARN = "float.", "learn."
"""What the names of arrays that are no part of the network begin with."""

KINDS: dict[str, type[Network]] = {network.kind: network for network in (DeepNetwork, RecurrentNetwork, TransformerNetwork, SignalNetwork)}


def write_atomic(path: Path, data: bytes) -> None:
    """:func:`polychron.system.files.write_whole` of one file; raises ``NetworkError``."""
    try:
        write_whole({path: data})
    except OSError as error:
        raise NetworkError(f"{path}: cannot be written: {error.strerror}") from error


def file_bytes(network: Network, *, extra: Arrays | None = None, prefix: str = FLOAT) -> bytes:
    """The file of ``network``, validated, and of ``extra`` arrays (a float network, or what learning goes on from) under ``prefix``. The
    same network gives the same bytes."""
    arrays = network.validate().arrays()
    arrays |= {prefix + name: np.ascontiguousarray(value) for name, value in (extra or {}).items()}
    header = {"version": VERSION} | network.header()
    return save(arrays, metadata={KEY: json.dumps(header, sort_keys=True)})


def save_network(network: Network, path: Path, *, extra: Arrays | None = None, prefix: str = FLOAT) -> None:
    """Write :func:`file_bytes`."""
    try:
        data = file_bytes(network, extra=extra, prefix=prefix)
    except SafetensorError as error:  # such as of a header of more than 100 MB
        raise NetworkError(f"{path}: cannot be written: {error}") from None
    write_atomic(path, data)


def load(path: Path) -> Network:
    """Read and validate a network file. Whatever is wrong with it is a ``NetworkError`` of one sentence that begins with the path."""
    header, arrays = _read(path, None)
    try:
        source = Source(header, arrays)
        kind = source.field("kind", str)
        require(kind in KINDS, f"kind must be one of {', '.join(KINDS)}, not {kind!r:.60}")
        network = KINDS[kind].read(source)
        require(not source.left, f"array {min(source.left, default=''):.60} is not named by the header")
        return network.validate()
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from None


def load_extra(path: Path, *, prefix: str = FLOAT) -> Arrays:
    """The arrays of a network file under ``prefix``, without it; empty when it carries none."""
    return _read(path, prefix)[1]


def _read(path: Path, prefix: str | None) -> tuple[dict[str, Any], Arrays]:
    try:
        check_input(path)
        path.open("rb").close()  # for safe_open, a file that can't be read isn't there
        with safe_open(str(path), framework="numpy") as file:
            header = _header((file.metadata() or {}).get(KEY))
            wanted = [name for name in file.keys() if (name.startswith(prefix) if prefix else not name.startswith((FLOAT, LEARN)))]
            return header, {name.removeprefix(prefix or ""): file.get_tensor(name) for name in wanted}
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from None
    except OSError as error:
        raise NetworkError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (SafetensorError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise NetworkError(f"{path}: not a safetensors file, or damaged: {error!s:.200}") from None


def _header(text: str | None) -> dict[str, Any]:
    if text is None:
        raise NetworkError(f"not a Polychron network: its metadata has no {KEY!r}")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise NetworkError(f"{KEY!r} in its metadata must be a JSON object")
    if header.get("version") != VERSION:
        raise NetworkError(f"version must be {VERSION}, not {header.get('version')!r:.60}")
    return header
