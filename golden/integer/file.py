"""Network files: safetensors with one versioned header entry, so that arrays and card travel in one safe file.

The header's metadata has the one key ``polychron-network``, a JSON object: version, kind, sizes, widths, symbols and card.
Arrays: ``hidden.L.group.G.anchors`` and ``.tables``, ``output.group.G...``, ``embed``, ``constants``, and any number of
``float.*``, from which a training resumes. A transformer's blocks: golden/integer/transformer_file.py.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from . import transformer_file
from .network import Layer, Network, NetworkError, TableGroup
from .transformer import TransformerBlock, TransformerNetwork

__all__ = ["VERSION", "load", "load_extra", "save_network", "write_atomic"]

KEY = "polychron-network"
VERSION = 1
EXTRA = "float."

Arrays = dict[str, npt.NDArray[Any]]


def write_atomic(path: Path, data: bytes) -> None:
    """Write under a temporary name beside ``path``, then rename: a full disk leaves the old file. Raises ``NetworkError``."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NetworkError(f"{path}: cannot be written: {error.strerror}") from error


def save_network(network: Network, path: Path, *, extra: Arrays | None = None) -> None:
    """Validate and write ``network``, and ``extra`` arrays (a float network) under ``float.``. The same network gives the same bytes."""
    network.validate()
    arrays: Arrays = {}
    layers = {f"hidden.{index}": layer for index, layer in enumerate(network.hidden)} | {"output": network.output}
    if isinstance(network, TransformerNetwork):
        layers |= transformer_file.feed_layers(network)
        arrays |= transformer_file.block_arrays(network)
    for name, layer in layers.items():
        for index, group in enumerate(layer.groups):
            arrays[f"{name}.group.{index}.anchors"] = np.ascontiguousarray(group.anchors)
            arrays[f"{name}.group.{index}.tables"] = np.ascontiguousarray(group.tables)
    if network.embed is not None:
        arrays["embed"] = np.ascontiguousarray(network.embed)
    if network.n_ref:
        arrays["constants"] = network.constants
    for name, value in (extra or {}).items():
        arrays[EXTRA + name] = np.ascontiguousarray(value)
    header = {
        "version": VERSION,
        "kind": network.kind,
        "n": network.n,
        "frac": network.frac,
        "out_frac": network.out_frac,
        "embed_bits": network.embed_bits,
        "layers": {name: {"groups": len(layer.groups), "bits": layer.bits, "shift": layer.shift} for name, layer in layers.items()},
        "symbols": network.symbols,
        "card": network.card,
    }
    if isinstance(network, TransformerNetwork):
        header |= transformer_file.block_header(network)
    write_atomic(path, save(arrays, metadata={KEY: json.dumps(header, sort_keys=True)}))


def load(path: Path) -> Network:
    """Read and validate a network file. Whatever is wrong with it is a ``NetworkError`` of one sentence that begins with the path."""
    header, arrays = _read(path, extra=False)
    try:
        return _build(header, arrays).validate()
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from None


def load_extra(path: Path) -> Arrays:
    """The ``float.*`` arrays of a network file, without the prefix; empty when it carries none."""
    return _read(path, extra=True)[1]


def _read(path: Path, *, extra: bool) -> tuple[dict[str, Any], Arrays]:
    if path.is_dir():
        raise NetworkError(f"{path}: a folder, not a network file")
    try:
        with safe_open(str(path), framework="numpy") as file:
            header = _header((file.metadata() or {}).get(KEY))
            names = [name for name in file.keys() if name.startswith(EXTRA) == extra]
            return header, {name.removeprefix(EXTRA): file.get_tensor(name) for name in names}
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from None
    except OSError as error:
        raise NetworkError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (SafetensorError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise NetworkError(f"{path}: not a safetensors file, or damaged: {error}") from None


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
        raise NetworkError(f"version must be {VERSION}, not {header.get('version')!r}")
    return header


def _field(values: dict[str, Any], name: str, kind: type) -> Any:
    value = values.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise NetworkError(f"header field {name} must be {kind.__name__}, not {value!r:.60}")
    return value


def _build(header: dict[str, Any], arrays: Arrays) -> Network:
    layers = _field(header, "layers", dict)
    left = dict(arrays)

    def take(name: str) -> npt.NDArray[Any]:
        if name not in left:
            raise NetworkError(f"array {name} is missing")
        return left.pop(name)

    def layer(name: str) -> Layer:
        values = _field(layers, name, dict)
        count = _field(values, "groups", int)
        groups = []
        for index in range(min(count, len(arrays))):
            groups.append(TableGroup(anchors=take(f"{name}.group.{index}.anchors"), tables=take(f"{name}.group.{index}.tables")))
        return Layer(groups=tuple(groups), bits=_field(values, "bits", int), shift=_field(values, "shift", int))

    transformer = header.get("kind") == "transformer"
    blocks: tuple[TransformerBlock, ...] = ()
    if transformer:
        feeds = {name for name in layers if name.endswith(".feed")}
        blocks = transformer_file.read_blocks(_field(header, "blocks", list), take=take, layer=layer, feeds=feeds)
    hidden = () if transformer else tuple(layer(f"hidden.{index}") for index in range(len(layers) - 1))
    output = layer("output")
    embed = take("embed") if "embed" in left else None
    constants = take("constants") if "constants" in left else np.zeros(0, np.int16)
    if left:
        raise NetworkError(f"array {min(left)} is not named by the header")
    symbols = header.get("symbols")
    fields: dict[str, Any] = {
        "kind": _field(header, "kind", str),
        "n": _field(header, "n", int),
        "hidden": hidden,
        "output": output,
        "embed": embed,
        "embed_bits": _field(header, "embed_bits", int),
        "constants": constants,
        "frac": _field(header, "frac", int),
        "out_frac": _field(header, "out_frac", int),
        "symbols": None if symbols is None else tuple(_field(header, "symbols", list)),
        "card": _field(header, "card", dict),
    }
    if transformer:
        return TransformerNetwork(**fields, blocks=blocks, embed_shift=_field(header, "embed_shift", int))
    return Network(**fields)
