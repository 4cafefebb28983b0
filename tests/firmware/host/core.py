"""The other end of the link in plain Python: docs/reference/link.md over a Machine, with a line that can be disturbed."""

import struct
import zlib

import numpy as np

from firmware import isa
from firmware.host.link import Frame, FrameReader
from firmware.host.transport import Transport
from firmware.image.image import read_image, with_signature
from firmware.image.sections import ImageError, unpack, until_rest
from firmware.isa import FRAME_OVERHEAD, REQUEST_START
from golden.integer.sampling import Jitter, Sampler

from ..machine import Machine


def signature_in(image: bytes) -> int:
    return next((int.from_bytes(section.payload, "little") for section in unpack(image)[1] if section.kind == isa.Kind.SIGNATURE), 0)


class FakeCore(Transport):
    """Executes a request as soon as it is written.

    ``noise``: the chance that a request or a reply loses or changes a byte. ``replay`` off breaks the rule that a repeated request is not
    executed again (for the negative control). ``executed``: FEED and STEP requests executed.
    ``flash``: the image in its flash, or None where no flash answers; an image is loaded up to REST if it is the one in flash, with its
    signature. A scrub takes as many HELLOs as there are sections. ``starting``: HELLOs until the flash is ready. ``size``: bytes of tables
    on chip. ``cores``: as many ``machines``, once an image is loaded.
    """

    def __init__(
        self,
        *,
        noise: float = 0.0,
        seed: int = 0,
        replay: bool = True,
        comparators: int = 2,
        flash: bytes | None = None,
        starting: int = 0,
        size: int = 131_072,
        cores: int = 1,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.noise = noise
        self.replay = replay
        self.comparators = comparators
        self.cores = cores
        self.machines: list[Machine] = []
        self.executed = 0
        self.steps = 0
        self.dropped = 0
        self.refuse: isa.Status | None = None
        self._image = bytearray()
        self.signature, self.same = 0, False
        self.scrubs = 0
        self._error = isa.LoadError.NONE
        self.flash = flash
        self.starting = starting
        self.size = size
        self.section = 0
        self._scrubbing: list[tuple[int, isa.LoadError]] = []  # section, and what is found there, at the HELLOs to come
        self._last: Frame | None = None
        self._sent = bytearray()

    @property
    def machine(self) -> Machine | None:
        """The first of them."""
        return self.machines[0] if self.machines else None

    def read(self, size: int, timeout: float) -> bytes:
        data = bytes(self._sent[:size])
        del self._sent[:size]
        return data

    def write(self, data: bytes) -> None:
        """A burst on the line, and then silence: whole frames are executed, and from the first bad byte on all is dropped."""
        data = self._disturb(data)
        while data:
            frames = FrameReader(reply=False).push(data[: FRAME_OVERHEAD + data[3]] if len(data) > 3 else data)
            if not frames or data[0] != REQUEST_START:
                self.dropped += 1
                self._send(Frame.answer(isa.Status.BAD_FRAME, seq=0))
                return
            data = data[len(frames[0].encode()) :]
            self._take(frames[0])

    def _take(self, frame: Frame) -> None:
        if self.replay and self._last is not None and frame.seq == self._last.seq and frame.code != isa.Command.HELLO:
            self._send(self._last)
            return
        status, payload = (self.refuse, b"") if self.refuse is not None else self._execute(frame.code, frame.payload)
        self._last = Frame.answer(status, payload, seq=frame.seq)
        self._send(self._last)
        if frame.code == isa.Command.HELLO:
            self._last = None

    def _disturb(self, data: bytes) -> bytes:
        if self.rng.random() >= self.noise:
            return data
        at = int(self.rng.integers(len(data)))
        changed = bytes([data[at] ^ 1 << int(self.rng.integers(8))]) if self.rng.random() < 0.5 else b""
        return data[:at] + changed + data[at + 1 :]

    def _send(self, frame: Frame) -> None:
        self._sent += self._disturb(frame.encode())

    def _execute(self, code: int, payload: bytes) -> tuple[isa.Status, bytes]:
        core, command = code >> isa.CORE_SHIFT, isa.Command(code & (1 << isa.CORE_SHIFT) - 1)
        turns = range(self.cores) if core == isa.ALL_CORES and self.cores > 1 else range(core, core + 1)
        if turns[-1] >= self.cores:
            return isa.Status.BAD_COMMAND, b""
        if command == isa.Command.HELLO:
            return isa.Status.OK, self._greeting()
        if command == isa.Command.SCRUB:
            if self.flash is None and self.starting:
                return isa.Status.BAD_COMMAND, b""
            self._scrubbing = self._sections()
            self.scrubs += 1
            return isa.Status.OK, b""
        if command in (isa.Command.LOAD_BEGIN, isa.Command.LOAD):
            self._image = bytearray() if command == isa.Command.LOAD_BEGIN else self._image
            self._image += payload
            return isa.Status.OK, bytes(self._load())
        if not self.machines:
            return isa.Status.NOT_LOADED, b""
        if command == isa.Command.READ:
            space, address, count = struct.unpack("<BHB", payload)
            return isa.Status.OK, struct.pack(f"<{count}H", *(self._word(self.machines[core], space, address + i) for i in range(count)))
        if command == isa.Command.ABORT:
            return isa.Status.OK, b""
        self.executed += 1
        forced = list(payload) if command == isa.Command.FEED else [None] * payload[0]
        self.steps += len(forced)
        return isa.Status.OK, bytes(self.machines[turns[at % len(turns)]].step(symbol) for at, symbol in enumerate(forced))

    def _greeting(self) -> bytes:
        scrubbing, self.starting = bool(self._scrubbing), max(0, self.starting - 1)
        if scrubbing:
            self.section, self._error = self._scrubbing.pop(0)
            sound = not self._scrubbing and self._error == isa.LoadError.NONE and self.flash is not None
            self.same = sound and signature_in(self.flash) == self.signature != 0  # type: ignore[arg-type]
        failed = self._error != isa.LoadError.NONE or (scrubbing and self.machine is None)
        busy = bool(self._scrubbing) or self.starting > 0
        ready = self.flash is not None and not self.starting
        state = (self.machine is not None and not failed and not busy) | 2 * (failed and not busy) | 4 * busy | 8 * ready | 16 * self.same
        lanes = 8 | (self.cores.bit_length() - 1) << isa.CORES_SHIFT
        told = [isa.LINK_VERSION, self.comparators, lanes, state, self._error, self.section, 2, self.dropped & 255]
        return struct.pack("<8BI", *told, self.signature)

    def _sections(self) -> list[tuple[int, isa.LoadError]]:
        """What a scrub passes through, up to the first damage."""
        if self.flash is None:
            return [(0, isa.LoadError.FLASH)]
        if self.flash[:4] != isa.IMAGE_MAGIC:
            return [(0, isa.LoadError.HEADER)]
        found, at = [], 16
        while not found or found[-1][1] == isa.LoadError.NONE:
            kind, size = self.flash[at], int.from_bytes(self.flash[at + 4 : at + 8], "little")
            end = at + 8 + size
            good = zlib.crc32(self.flash[at:end]) == int.from_bytes(self.flash[end : end + 4], "little")
            found.append((len(found), isa.LoadError.NONE if good else isa.LoadError.SECTION_CRC))
            if kind == isa.Kind.END:
                break
            at = end + 4
        return found

    def _load(self) -> tuple[int, int]:
        if self.flash is not None and self._image == until_rest(whole := with_signature(self.flash)):
            self.machines = [Machine.load(read_image(whole), size=self.size) for _ in range(self.cores)]
            self.signature, self.same = signature_in(whole), False
            return 1, 0
        if len(self._image) < 12 or len(self._image) < struct.unpack_from("<I", self._image, 8)[0]:
            return 0, 0
        try:
            _, sections = unpack(bytes(self._image))
        except ImageError:
            self._error = isa.LoadError.SECTION_CRC
            return 2, self._error
        if isa.Kind.PROGRAM in {section.kind for section in sections}:
            self.machines = [Machine.load(read_image(bytes(self._image))) for _ in range(self.cores)]
            self.signature, self.same = signature_in(bytes(self._image)), False
            return 1, 0
        assert self.machines
        jitter = np.zeros(256, np.int16)
        for section in sections:
            words = np.frombuffer(section.payload, "<i2")
            address = section.address
            for machine in self.machines if section.core is None else [self.machines[section.core]]:
                if section.kind == isa.Kind.STORE:
                    machine.store[address : address + len(words)] = words.tolist()
                    machine.cached = 0
                elif section.kind == isa.Kind.JITTER:
                    jitter = words.astype(np.int16)
                else:
                    low, high, mode, mask = struct.unpack("<4H", section.payload)
                    table = Jitter(table=jitter, mask=mask) if mode >> 8 else None
                    machine.sampler = Sampler(seed=low | high << 16, jitter=table, k=mode & 15)
        return 1, 0

    def _word(self, machine: Machine, space: int, address: int) -> int:
        if space == isa.ReadSpace.STORE:
            return machine.store[address] & 0xFFFF
        if space == isa.ReadSpace.COUNTERS:
            values = {isa.Counter.ROWS: machine.rows, isa.Counter.BEATS: machine.beats, isa.Counter.CLOCKS: 0xFFFFFFFF}
            values |= {isa.Counter.FLASH: machine.flash_beats, isa.Counter.STEPS: self.steps % (1 << 16)}
            return values.get(isa.Counter(address // 2), 0) >> 16 * (address % 2) & 0xFFFF
        spikes = [len(machine.sampler.spikes), *(value for spike in machine.sampler.spikes for value in spike)]
        return spikes[address] & 0xFFFF
