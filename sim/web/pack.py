"""What a page carries beside the core: the program's memories, where the network's tables lie, the sampler's tables, the model's vectors.

A pack is a header in JSON and arrays behind it, compressed with gzip: 4 bytes, little-endian, tell the length of the header; its field
``arrays`` names each array's type, offset behind the header and number of elements. sim/web/assets/pack.js reads it.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import astuple
from typing import Any

import numpy as np
import numpy.typing as npt

from boards import Board
from firmware import isa
from firmware.description import Origin, Work
from firmware.jitter import JitterError, jitter_table
from firmware.program import Program
from golden.integer.network import Network
from sim.machines.machine import CORE, FlashSetup, board_chip, slot_period
from sim.machines.preload import memory_words
from sim.web.vectors import Vectors
from sim.web.watch import ADDRESS, READ, ROW_ADDRESS, ROW_READ

Header = dict[str, Any]
Arrays = dict[str, npt.NDArray[Any]]

TEMPERATURES = tuple(tenth / 10 for tenth in range(16))
_TYPES = {"int16": "<i2", "uint32": "<u4", "uint8": "u1"}
_ALIGNMENT = 4


def pack(network: Network, program: Program, board: Board, *, vectors: Vectors, more: Header) -> bytes:
    """The pack of ``program``; ``more`` goes into the header as it is."""
    meta = program.meta
    arrays: Arrays = {
        "vectors.latencies": vectors.latencies,
        "vectors.x": vectors.x.reshape(-1),
        **{f"memory.{name}": words for name, words in _memories(program).items()},
    }
    temperatures = []
    for temperature, (table, mask) in _jitters(program).items():
        arrays[f"jitter.{temperature}"] = table
        temperatures.append({"temperature": temperature, "mask": mask})
    arrays["state"] = np.array([(n, a) for n, places in enumerate(meta.placement.neurons) for a in places], np.int16).reshape(-1)
    for number, anchors in _anchors(network, program):
        arrays[f"anchors.{number}"] = anchors.reshape(-1)
    header = {
        "name": meta.name,
        "kind": meta.kind,
        "n": meta.n,
        "inputs": meta.n_in,
        "outputs": meta.n_out,
        "output": meta.placement.output,
        "symbols": meta.symbols,
        "constants": meta.placement.constants,
        "board": board.title,
        "hertz": board.clock_hz,
        "lanes": program.width.lanes,
        "core": CORE.replace(".", " "),
        "watch": _items(READ, ADDRESS),
        "flash": _flash(program, board, arrays),
        "spaces": {"store": isa.Kind.STORE, "jitter": isa.Kind.JITTER, "config": isa.Kind.CONFIG},
        "temperatures": temperatures,
        "runs": [_run(run, origin) for run, origin in zip(program.runs, meta.placement.runs, strict=True)],
        "vectors": {"given": vectors.given, "symbols": vectors.symbols},
    }
    return packed(header | more, arrays)


def _items(*names: str) -> list[str]:
    """As CXXRTL names them."""
    return [name.replace(".", " ") for name in names]


def _flash(program: Program, board: Board, arrays: Arrays) -> Header | None:
    """The chip that holds tables, as it stands before its first transaction, and the pads before it; its content goes to ``arrays``."""
    pieces = {piece.beat * program.width.beat_bytes: piece.data for piece in program.tables if piece.tier}
    if not pieces:
        return None
    first = min(pieces)
    content = np.full(max(at + len(data) for at, data in pieces.items()) - first, 0xFF, np.uint8)
    for at, data in pieces.items():
        content[at - first : at - first + len(data)] = np.frombuffer(data, np.uint8)
    arrays["flash"] = content
    setup, found = FlashSetup(), board_chip(board)
    chip = [found.jedec, int(found.quad_enabled), int(found.power), found.pulled, found.seed]
    pads = [setup.pads.out, setup.pads.back]
    period = slot_period(board)
    return {
        "first": first,
        "chip": chip,
        "timing": astuple(found.timing),
        "pads": pads,
        "period": period,
        "watch": _items(ROW_READ, ROW_ADDRESS),
    }


def packed(header: Header, arrays: Arrays) -> bytes:
    """The bytes of a pack; the same for the same content."""
    places, body = {}, b""
    for name, array in arrays.items():
        kind = str(array.dtype)
        places[name] = [kind, len(body), array.size]
        body += array.astype(_TYPES[kind]).tobytes()
        body += bytes(-len(body) % _ALIGNMENT)
    head = json.dumps(header | {"arrays": places}, separators=(",", ":")).encode()
    head += b" " * (-len(head) % _ALIGNMENT)
    return gzip.compress(len(head).to_bytes(4, "little") + head + body, 9, mtime=0)


def _memories(program: Program) -> Arrays:
    """Every memory's words, each in as many parts of 32 bits as the simulator keeps it in, the lowest first."""
    found = {}
    widths = {"tables.bank.memory": 8 * program.width.beat_bytes, "index.anchors.words": program.width.anchor_bits}
    for name, words in memory_words(program).items():
        size = 4 * (-(-widths.get(name, isa.WORD_BITS) // 32))
        found[name.replace(".", " ")] = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), "<u4")
    return found


def _jitters(program: Program) -> dict[float, tuple[npt.NDArray[np.int16], int]]:
    """Table and mask of each temperature above 0 that the outputs leave room for."""
    found = {}
    for temperature in TEMPERATURES[1:]:
        try:
            outputs = program.meta.placement.output_range
            found[temperature] = jitter_table(temperature=temperature, out_frac=program.meta.out_frac, outputs=outputs)
        except JitterError:
            break
    return found


def _anchors(network: Network, program: Program) -> Iterator[tuple[int, npt.NDArray[np.int16]]]:
    """Of each plain run its number and, of each table, the pairs (a, b) of neurons in the order of the core's index, highest bit first."""
    layers = network.layers()
    for number, (run, origin) in enumerate(zip(program.runs, program.meta.placement.runs, strict=True)):
        if _plain(run, origin):
            anchors = layers[str(origin.stage)].groups[origin.group].anchors
            yield number, np.stack([anchors[table][list(bits)] for table, bits in zip(origin.tables, origin.pairs, strict=True)])


def _plain(run: isa.Run, origin: Origin) -> bool:
    return run.mode == isa.Mode.ROWS and not run.token and origin.stage.work in (Work.OUTPUT, Work.HIDDEN, Work.FEED)


def _run(run: isa.Run, origin: Origin) -> Header:
    names = ("tier", "table_base", "table_log2", "row_log2", "row_beats", "int4", "base", "shift", "token", "first", "last")
    fields = {name: getattr(run, name) for name in names}
    output = origin.stage.work is Work.OUTPUT
    own = {"stage": str(origin.stage), "output": output, "group": origin.group, "tables": origin.tables, "plain": _plain(run, origin)}
    return fields | own
