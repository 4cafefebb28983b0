"""A program as an image, and an image as a program; and the small images a host makes: a state, a temperature, how to learn."""

import struct
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .. import isa
from ..learning import OFF, Learning
from ..program import Placed, Program, decode_anchor
from ..sampling import Sampling
from .meta import decode_meta, encode_meta
from .sections import CRC, ImageError, Section, flash_layout, pack, signature, unpack, unsigned

Int16 = npt.NDArray[np.int16]
MANY = (isa.Kind.TABLES, isa.Kind.SDRAM, isa.Kind.PAD, isa.Kind.FLASH)  # sections a program may have several of


def write_image(program: Program) -> bytes:
    """The whole image of ``program``."""
    words = [word for run in program.runs for word in run.encode()]
    sections = [
        Section(kind=isa.Kind.META, payload=encode_meta(program.meta)),
        Section(kind=isa.Kind.PROGRAM, payload=struct.pack(f"<{len(words)}H", *words)),
        Section(
            kind=isa.Kind.ANCHORS, payload=b"".join(value.to_bytes(2 * program.width.anchor_columns, "little") for value in program.anchors)
        ),
        *(_tables_section(isa.Kind.TABLES, piece, program.width) for piece in program.tables if piece.tier == 0),
        _store(program.store, program.width),
    ]
    far = [_tables_section(_far(program.width), piece, program.width) for piece in program.tables if piece.tier]
    flash = far if program.width.far_banks == 1 else []
    sections += far if program.width.far_banks > 1 else []
    signed = CRC.pack(signature([*sections, *flash]))
    sections += [*_sampling(program.sampling), Section(kind=isa.Kind.SIGNATURE, payload=signed)]
    if flash:
        if program.image_offset is None:
            raise ImageError("image_offset must be known of a program with tables in flash")
        sections = flash_layout(sections, flash, offset=program.image_offset)
    return pack(sections, width=program.width)


def with_signature(image: bytes) -> bytes:
    """The image of a program, and if that is of version 1, the same of the present version: with its signature."""
    return write_image(read_image(image)) if unsigned(image) else image


def store_image(values: Int16, *, width: isa.Width, address: int = 0) -> bytes:
    """An image that writes latencies from ``address`` on: an input, or a state to go on from."""
    return pack([_store(values, width, address=address)], width=width)


def sampler_image(sampling: Sampling, *, width: isa.Width, core: int | None = None) -> bytes:
    """An image that restarts the generator and sets the sampler; of one of several cores, if ``core`` says which."""
    return pack([replace(section, core=core) for section in _sampling(sampling)], width=width)


def learning_image(learning: Learning | None, *, width: isa.Width) -> bytes:
    """An image that has a core learn from now on, or no longer (None)."""
    return _registers(isa.Config.LEARN, OFF if learning is None else learning.registers(), width)


def page_image(page: int, *, width: isa.Width) -> bytes:
    """An image that says which 2**16 words of the tables READ reaches."""
    return _registers(isa.Config.PAGE, [page], width)


def _registers(first: isa.Config, words: list[int], width: isa.Width) -> bytes:
    return pack([Section(kind=isa.Kind.CONFIG, address=first, payload=struct.pack(f"<{len(words)}H", *words))], width=width)


def _far(width: isa.Width) -> isa.Kind:
    """The sections that tables of the far tier are in."""
    return isa.Kind.FLASH if width.far_banks == 1 else isa.Kind.SDRAM


def _tables_section(kind: isa.Kind, piece: Placed, width: isa.Width) -> Section:
    return Section(kind=kind, address=piece.beat * width.side_words, payload=piece.data)


def _store(values: Int16, width: isa.Width, *, address: int = 0) -> Section:
    if address + len(values) > width.latencies:
        raise ImageError(f"latencies {address}..{address + len(values) - 1} reach into the zero word at {width.latencies}")
    return Section(kind=isa.Kind.STORE, address=address, payload=values.astype("<i2").tobytes())


def _sampling(sampling: Sampling) -> list[Section]:
    config = Section(kind=isa.Kind.CONFIG, payload=struct.pack("<4H", *sampling.registers()))
    if sampling.jitter is None:
        return [config]
    return [Section(kind=isa.Kind.JITTER, payload=sampling.jitter.astype("<i2").tobytes()), config]


def read_image(data: bytes) -> Program:
    """The program in an image that holds a whole one; ``ImageError`` for any other."""
    width, sections = unpack(data)
    spaces: dict[isa.Kind, list[Section]] = {}
    for section in sections:
        spaces.setdefault(section.kind, []).append(section)
    far_kind = _far(width)
    wrong = isa.Kind.SDRAM if width.far_banks == 1 else isa.Kind.FLASH
    if wrong in spaces:
        raise ImageError(f"the image is for {width}, so it can't have a section {wrong.name}")
    tables = far_kind if far_kind in spaces else isa.Kind.TABLES
    for kind in (isa.Kind.META, isa.Kind.PROGRAM, tables, isa.Kind.CONFIG, isa.Kind.STORE, isa.Kind.SIGNATURE):
        if kind not in spaces and not (kind == isa.Kind.SIGNATURE and unsigned(data)):
            raise ImageError(f"the image has no section {kind.name}, so it holds no program")
    for kind, found in spaces.items():
        if kind not in MANY and (len(found) > 1 or found[0].address):
            raise ImageError(f"section {kind.name} of a program must appear once, at address 0")
        if found[0].core is not None:
            raise ImageError(f"section {kind.name} of a program must be for all cores")
    config = spaces[isa.Kind.CONFIG][0].payload
    if len(config) != 8:
        raise ImageError(f"section CONFIG of a program must have 8 bytes, not {len(config)}")
    jitter = None
    if isa.Kind.JITTER in spaces:
        jitter = _int16(spaces[isa.Kind.JITTER][0].payload)
        if len(jitter) != 256:
            raise ImageError(f"section JITTER of a program must have 256 entries, not {len(jitter)}")
    try:
        sampling = Sampling.of_registers(struct.unpack("<4H", config), jitter=jitter)
    except ValueError as error:
        raise ImageError(f"CONFIG sets no sampler: {error}") from None
    store = _int16(spaces[isa.Kind.STORE][0].payload)
    if len(store) > width.latencies:
        raise ImageError(f"section STORE must end before the zero word at {width.latencies}, not at {len(store)}")
    meta = decode_meta(spaces[isa.Kind.META][0].payload, width)
    place = meta.placement
    top = max(place.output + meta.n_out, 1 + max(address for own in place.neurons for address in own))
    if top > len(store):
        raise ImageError(f"META places latencies up to {top - 1}, section STORE ends before {len(store)}")
    anchors = _anchors(spaces[isa.Kind.ANCHORS][0].payload if isa.Kind.ANCHORS in spaces else b"", width)
    runs = _runs(spaces[isa.Kind.PROGRAM][0].payload, len(anchors))
    far = spaces.get(far_kind, [])
    if len(meta.placement.runs) != len(runs):
        raise ImageError(f"META field placement.runs must be of the {len(runs)} instructions, not of {len(meta.placement.runs)}")
    if any(run.tier for run in runs) and not far:
        raise ImageError(f"an instruction reads tables of the far tier, but the image has no section {far_kind.name}")
    program = Program(
        width=width,
        runs=runs,
        anchors=anchors,
        tables=(*_tables(spaces.get(isa.Kind.TABLES, []), width, tier=0), *_tables(far, width, tier=1)),
        store=store,
        sampling=sampling,
        image_offset=_image_offset(sections),
        meta=meta,
    )
    told, due = spaces.get(isa.Kind.SIGNATURE), CRC.pack(signature(sections))
    if told and told[0].payload != due:
        raise ImageError(f"section SIGNATURE must be {due.hex()}, that of its program and tables, not {told[0].payload.hex()}")
    return program


def _image_offset(sections: list[Section]) -> int | None:
    """Where the image must lie in the flash, from what it says of its FLASH sections."""
    kinds = [section.kind for section in sections]
    flash = [section for section in sections if section.kind == isa.Kind.FLASH]
    rest = kinds.index(isa.Kind.REST) if isa.Kind.REST in kinds else len(kinds)
    for number, section in enumerate(sections):
        loaded = section.kind not in (isa.Kind.REST, isa.Kind.PAD, isa.Kind.FLASH)
        if (section.kind == isa.Kind.FLASH and number < rest) or (loaded and number > rest):
            raise ImageError(f"section {number} ({section.kind.name}) must stand {'before' if loaded else 'behind'} REST")
    offsets = {2 * section.address - section.first for section in flash}
    if len(offsets) > 1 or min(offsets, default=0) < 0:
        raise ImageError("the FLASH sections must lie in the image as they lie in the flash")
    return offsets.pop() if offsets else None


def _int16(payload: bytes) -> Int16:
    return np.frombuffer(payload, "<i2").astype(np.int16)


def _runs(payload: bytes, anchor_words: int) -> tuple[isa.Run, ...]:
    size = 2 * isa.WORDS_PER_INSTRUCTION
    if not payload or len(payload) % size:
        raise ImageError(f"section PROGRAM must be whole instructions of {size} bytes, not {len(payload)} bytes")
    words = struct.unpack(f"<{len(payload) // 2}H", payload)
    runs = []
    for number, at in enumerate(range(0, len(words), isa.WORDS_PER_INSTRUCTION)):
        encoded = list(words[at : at + isa.WORDS_PER_INSTRUCTION])
        run = isa.Run.decode(encoded)
        last = at + isa.WORDS_PER_INSTRUCTION == len(words)
        if run.encode() != encoded:
            raise ImageError(f"instruction {number} has a bit set that means nothing")
        if run.tier > 1:
            raise ImageError(f"instruction {number} names memory tier {run.tier}, there are 0 and 1")
        if run.mode not in list(isa.Mode):
            raise ImageError(f"instruction {number} names mode {run.mode}, there are {', '.join(str(int(mode)) for mode in isa.Mode)}")
        if error := _breaks(run, first=number == 0):
            raise ImageError(f"instruction {number} {error}")
        if run.end != last:
            raise ImageError(f"instruction {number} must {'carry' if last else 'not carry'} end")
        if run.anchor_base + run.anchor_len > anchor_words:
            raise ImageError(f"instruction {number} takes anchor words to {run.anchor_base + run.anchor_len}, there are {anchor_words}")
        runs.append(run)
    if sum(run.sort for run in runs) != 1:
        raise ImageError("exactly one instruction must carry sort")
    return tuple(runs)


def _breaks(run: isa.Run, *, first: bool) -> str | None:
    """The rule of docs/reference/isa.md that a run breaks, where the core would go astray."""
    quiet = run.mode in (isa.Mode.QUERY, isa.Mode.KEY, isa.Mode.ANCHORS)
    if run.anchor_len == 0 and (first or run.sync):
        return f"has no anchor words to wait with, but {'is the first' if first else 'carries sync'}"
    if run.mode in (isa.Mode.ATTEND, isa.Mode.ANCHORS) and run.anchor_len:
        return f"of mode {run.mode} must have no anchor words, not {run.anchor_len}"
    if run.mode == isa.Mode.ATTEND and run.n_out >= isa.CONTEXT:
        return f"attends to {run.n_out} positions, the index cache keeps {isa.CONTEXT - 1}"
    if quiet and (run.tier or run.int4 or run.first or run.last):
        return f"of mode {run.mode} must be int8, of tier 0, without first and last"
    return None


def _anchors(payload: bytes, width: isa.Width) -> tuple[int, ...]:
    size = 2 * width.anchor_columns
    if len(payload) % size:
        raise ImageError(f"section ANCHORS must be whole words of {size} bytes, not {len(payload)} bytes")
    values = [int.from_bytes(payload[at : at + size], "little") for at in range(0, len(payload), size)]
    for number, value in enumerate(values):
        if value >> width.anchor_bits or decode_anchor(value, width).emit > width.comparators:
            raise ImageError(f"anchor word {number} has a bit set that means nothing")
    return tuple(values)


def _tables(sections: list[Section], width: isa.Width, *, tier: int) -> tuple[Placed, ...]:
    for section in sections:
        if section.address % width.side_words or len(section.payload) % width.beat_bytes:
            raise ImageError(f"section {section.kind.name} at word {section.address} must be whole beats of {width.beat_bytes} bytes")
    return tuple(Placed(tier, section.address // width.side_words, section.payload) for section in sections)
