"""The host driver: one method a command of docs/reference/link.md, over any transport.

A request that is not answered, or answered BAD_FRAME, is sent again with the same sequence number: the core sends its last reply again
instead of executing it twice.
"""

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .. import isa
from ..isa import MAX_PAYLOAD, MAX_READ, Greeting, State
from .link import Frame, FrameReader
from .transport import Transport

LOAD_ERRORS = {
    isa.LoadError.NONE: "no error",
    isa.LoadError.HEADER: "the header's magic, version, P or lanes differ from the core's",
    isa.LoadError.HEADER_CRC: "the header's CRC is wrong",
    isa.LoadError.SECTION_CRC: "a section's CRC is wrong",
    isa.LoadError.SECTION: "a section is of an unknown kind or beyond its space",
    isa.LoadError.FLASH: "the flash does not show its id at any capture setting",
    isa.LoadError.SDRAM: "the SDRAM does not answer, or does not hold what the image says",
}
SECTION_ERRORS = (isa.LoadError.SECTION_CRC, isa.LoadError.SECTION, isa.LoadError.SDRAM)  # not before the first section
STATUS = {
    isa.Status.BAD_COMMAND: "the core does not know that command or value",
    isa.Status.NOT_LOADED: "the core has no image, or the last one failed to load",
    isa.Status.FAULT: "a step took more than 2^24 clocks and the core was reset",
}


class LinkError(ValueError):
    """The core does not answer, or refuses; the message is one sentence."""


class AbortedError(LinkError):
    """A FEED or STEP was ended by ABORT; ``symbols`` are those finished, of several cores by turns. The state is undefined until a STORE
    image is loaded."""

    def __init__(self, symbols: bytes) -> None:
        super().__init__(f"the run was aborted after {len(symbols)} symbols")
        self.symbols = symbols


class ScrubError(LinkError):
    """The flash is not as it was written. ``code``: what the loader found; ``section``: the number of the section it found it in."""

    def __init__(self, *, code: isa.LoadError, section: int) -> None:
        self.code, self.section = code, section
        self.in_section = code in SECTION_ERRORS
        super().__init__((f"section {section} of the image in flash: " if self.in_section else "") + LOAD_ERRORS[code])


@dataclass(frozen=True, kw_only=True)
class Hello:
    """What a core says of itself.

    ``loaded``: it may run; ``error``, ``code``: the last load or scrub failed, and why; ``loading``: the flash is being read for either;
    ``section``: the section, modulo 256, that is read or was when reading ended. ``flash_ready``: rows of tables can be read from the
    flash; ``capture``: when its answers are sampled, 0..3. ``dropped``: bad frames counted, modulo 256. ``signature``: of the loaded
    image, 0 if it has none; ``flash_same``: the flash held that image when it was last read as a whole, or loaded from. ``sdram_ready``,
    ``sdram_capture``: the same of an SDRAM, if ``width`` has one. ``cores``: how many there are, all of that width. ``learns``:
    the core has a unit that changes output tables; ``changed``: it has, since they were loaded.
    """

    version: int
    width: isa.Width
    loaded: bool
    error: bool
    loading: bool
    flash_ready: bool
    code: isa.LoadError
    section: int
    capture: int
    dropped: int
    signature: int
    flash_same: bool
    sdram_ready: bool = False
    sdram_capture: int = 0
    cores: int = 1
    learns: bool = False
    changed: bool = False

    def __str__(self) -> str:
        what = "core" if self.cores == 1 else f"{self.cores} cores, each"
        parts = [f"{what} with {self.width}", f"link version {self.version}", _chip("flash", self.flash_ready, self.capture)]
        if self.width.far_banks > 1:
            parts.append(_chip("SDRAM", self.sdram_ready, self.sdram_capture))
        if self.learns:
            parts.append("learns")
        if self.changed:
            parts.append("its tables have changed since they were loaded")
        text = ", ".join(parts)
        if not self.error or self.code == isa.LoadError.NONE:
            return text
        where = f" (section {self.section})" if self.code in SECTION_ERRORS else ""
        return f"{text}; the last load failed: {LOAD_ERRORS[self.code]}{where}"


def _chip(name: str, ready: bool, capture: int) -> str:
    return f"{name} ready, capture setting {capture}" if ready else f"{name} not ready"


@dataclass(frozen=True, kw_only=True)
class Counters:
    """The core's counters. ``a - b`` is what happened from b to a, wrap-around included. ``flash``: beats of the far tier."""

    clocks: int
    rows: int
    beats: int
    saturations: int
    steps: int
    flash: int

    def __sub__(self, other: "Counters") -> "Counters":
        return Counters(**{name: (value - vars(other)[name]) % (1 << isa.Counter[name.upper()].bits) for name, value in vars(self).items()})

    @property
    def stalls(self) -> int:
        """Clocks while running in which no beat was read."""
        return self.clocks - self.beats


@dataclass(frozen=True)
class Writes:
    """What a core that learns has counted: how often it wrote an entry, and how often a limit ``held`` what it wrote. ``a - b`` is what
    happened from b to a, in less than 2**24 writes."""

    count: int = 0
    held: int = 0

    def __add__(self, other: "Writes") -> "Writes":
        return Writes(self.count + other.count, self.held + other.held)

    def __sub__(self, other: "Writes") -> "Writes":
        counted, held = self.count - other.count, self.held - other.held
        return Writes(counted % (1 << isa.LearnCounter.WRITES.bits), held % (1 << isa.LearnCounter.HELD.bits))


@dataclass(kw_only=True)
class Faults:
    """What went wrong on the line, and was dealt with; each disturbance is counted in at least one.

    ``resent``: requests sent again; ``unanswered``: times that no reply came by the deadline; ``bad_frames``, ``busy``: replies of that
    status; ``passed``: whole replies to no pending request, passed over; ``skipped``: bytes received that are part of no whole reply.
    """

    resent: int = 0
    unanswered: int = 0
    bad_frames: int = 0
    busy: int = 0
    passed: int = 0
    skipped: int = 0


class Host:
    """A core at the other end of ``transport``, or several; ``core`` is the number of one, from 0.

    ``timeout``: seconds to wait for a reply, whatever else arrives meanwhile; ``tries``: how often a request is sent; ``patience``: seconds
    to wait for a core that reads its flash: 5 MB take a board 2 s, a simulated one minutes. Each of them ends in a :class:`LinkError`.
    ``faults``: what was counted so far. ``cores``: how many there are, once :meth:`hello` has asked.
    """

    def __init__(self, transport: Transport, *, timeout: float = 1.0, tries: int = 5, patience: float = 600.0) -> None:
        self.patience = patience
        self.transport = transport
        self.timeout = timeout
        self.tries = tries
        self.faults = Faults()
        self.cores = 1
        self._reader = FrameReader(reply=True)
        self._waiting: list[Frame] = []
        self._seq = 0

    def hello(self) -> Hello:
        """Greet the core; the first thing to do."""
        data = self._ask(isa.Command.HELLO)
        if data[:1] != bytes([isa.LINK_VERSION]):
            raise LinkError(f"the core speaks link version {data[0] if data else 'unknown'}, this host version {isa.LINK_VERSION}")
        if len(data) != isa.GREETING_BYTES:
            raise LinkError(f"the core's greeting must have {isa.GREETING_BYTES} bytes, not {len(data)}")
        state = data[Greeting.STATE]
        try:
            told = data[Greeting.COMPARATORS]
            lanes = data[Greeting.LANES] & (1 << isa.CORES_SHIFT) - 1
            width = isa.Width(lanes=lanes, comparators=told & 15, far_banks=told >> 4 or 1)
        except ValueError as error:
            raise LinkError(f"the core's greeting tells of no core: {error}") from None
        self.cores = 1 << (data[Greeting.LANES] >> isa.CORES_SHIFT)
        return Hello(
            cores=self.cores,
            version=data[Greeting.VERSION],
            width=width,
            loaded=bool(state & State.LOADED),
            error=bool(state & State.ERROR),
            loading=bool(state & State.READING),
            flash_ready=bool(state & State.FLASH_READY),
            code=_load_error(data[Greeting.ERROR]),
            section=data[Greeting.SECTION],
            capture=data[Greeting.CAPTURE] & 15,
            sdram_ready=bool(state & State.SDRAM_READY),
            sdram_capture=data[Greeting.CAPTURE] >> 4,
            dropped=data[Greeting.DROPPED],
            signature=int.from_bytes(data[Greeting.SIGNATURE :], "little"),
            flash_same=bool(state & State.FLASH_SAME),
            learns=bool(state & State.LEARNS),
            changed=bool(state & State.CHANGED),
        )

    def load(self, image: bytes, *, progress: Callable[[int], None] = lambda done: None) -> None:
        """Load an image; ``progress`` is told the bytes sent. It stays until power is lost or another is loaded."""
        state = 0
        for at in range(0, max(1, len(image)), MAX_PAYLOAD):
            part = image[at : at + MAX_PAYLOAD]
            data = self._ask(isa.Command.LOAD if at else isa.Command.LOAD_BEGIN, part)
            if len(data) != 2:
                raise LinkError(f"the reply to LOAD must have 2 bytes, not {len(data)}")
            state = data[0]
            if state == State.ERROR:
                raise LinkError(f"the core refuses the image near byte {at}: {LOAD_ERRORS[_load_error(data[1])]}")
            progress(at + len(part))
        if state != State.LOADED:
            raise LinkError(f"the image ends after {len(image)} bytes and the core wants more")

    def scrub(self, *, progress: Callable[[int], None] = lambda section: None) -> Hello:
        """Let the core read the whole image in flash and check every CRC; ``progress`` is told the section it is at.

        What is loaded stays; the core can't run meanwhile. Returns what the core says afterwards; ``ScrubError`` if something is wrong.
        """
        self.wait()  # for a boot or a scrub that is under way
        self._ask(isa.Command.SCRUB)
        now = self.wait(progress=progress)
        if now.error and now.code != isa.LoadError.NONE:  # NONE: the flash is sound, but nothing had been loaded
            raise ScrubError(code=now.code, section=now.section)
        return now

    def wait(
        self, *, until: Callable[[Hello], bool] = lambda core: not core.loading, progress: Callable[[int], None] = lambda section: None
    ) -> Hello:
        """Greet the core ``until`` it has read its flash, or as far as is asked; ``progress`` is told the section it is at."""
        end = self.transport.now() + self.patience
        while not until(now := self.hello()):
            progress(now.section)
            if self.transport.now() > end:
                raise LinkError(f"the core still reads its flash after {self.patience:g} s (section {now.section})")
        return now

    def feed(self, symbols: Sequence[int], *, core: int = 0) -> list[int]:
        """Steps with forced symbols; the symbol the core chose in each."""
        chosen: list[int] = []
        for at in range(0, len(symbols), MAX_PAYLOAD):
            part = bytes(symbols[at : at + MAX_PAYLOAD])
            chosen += self._symbols(isa.Command.FEED, part, len(part), core=self._one(core))
        return chosen

    def step(self, count: int = 1, *, core: int = 0) -> list[int]:
        """Steps with the symbols the core chooses; these symbols."""
        chosen: list[int] = []
        while len(chosen) < count:
            part = min(MAX_PAYLOAD, count - len(chosen))
            chosen += self._symbols(isa.Command.STEP, bytes([part]), part, core=self._one(core))
        return chosen

    def feed_all(self, texts: Sequence[Sequence[int]]) -> list[list[int]]:
        """:meth:`feed` of all cores at the same time, each with its own of ``texts``; what is longer than the shortest goes on alone."""
        if len(texts) != self.cores:
            raise LinkError(f"there must be a text for each of {self.cores} cores, not {len(texts)}")
        if self.cores == 1:
            return [self.feed(texts[0])]
        chosen: list[list[int]] = [[] for _ in texts]
        together, most = min(map(len, texts)), MAX_PAYLOAD // self.cores
        for at in range(0, together, most):
            part = bytes(
                symbol for turn in zip(*(text[at : at + min(most, together - at)] for text in texts), strict=True) for symbol in turn
            )
            self._deal(chosen, self._symbols(isa.Command.FEED, part, len(part), core=isa.ALL_CORES))
        for core, text in enumerate(texts):
            chosen[core] += self.feed(text[together:], core=core)
        return chosen

    def step_all(self, count: int = 1) -> list[list[int]]:
        """:meth:`step` of all cores at the same time, ``count`` steps each."""
        if self.cores == 1:
            return [self.step(count)]
        chosen: list[list[int]] = [[] for _ in range(self.cores)]
        while len(chosen[0]) < count:
            part = self.cores * min(MAX_PAYLOAD // self.cores, count - len(chosen[0]))
            self._deal(chosen, self._symbols(isa.Command.STEP, bytes([part]), part, core=isa.ALL_CORES))
        return chosen

    def store(self, address: int, count: int, *, core: int = 0) -> list[int]:
        """``count`` latencies from ``address`` on."""
        return [_signed(word) for word in self._words(isa.ReadSpace.STORE, address, count, core=core)]

    def counters(self, *, core: int = 0) -> Counters:
        words = self._words(isa.ReadSpace.COUNTERS, 0, 2 * len(isa.Counter), core=core)
        return Counters(**{counter.name.lower(): words[2 * counter] | words[2 * counter + 1] << 16 for counter in isa.Counter})

    def writes(self) -> Writes:
        """The counters that only a core that learns has."""
        words = self._words(isa.ReadSpace.COUNTERS, 2 * min(isa.LearnCounter), 2 * len(isa.LearnCounter), core=0)
        count, held = (low | high << 16 for low, high in zip(words[::2], words[1::2], strict=True))
        return Writes(count, held)

    def results(self, *, core: int = 0) -> list[tuple[int, int]]:
        """(neuron, latency) of the up to 8 earliest spikes of the last step, earliest first."""
        count = self._words(isa.ReadSpace.RESULTS, 0, 1, core=core)[0]
        if count > isa.SPIKES:
            raise LinkError(f"the core lists {count} spikes, at most {isa.SPIKES} are kept")
        words = self._words(isa.ReadSpace.RESULTS, 1, 2 * count, core=core) if count else []
        return [(neuron, _signed(latency)) for neuron, latency in zip(words[::2], words[1::2], strict=True)]

    def tables(self, address: int, count: int) -> list[int]:
        """``count`` 16-bit words of the tables on chip from ``address`` on, within the 2**16 that the register PAGE names, of a core that
        learns."""
        return list(self._words(isa.ReadSpace.TABLES, address, count, core=0))

    def abort(self) -> None:
        """End a running FEED or STEP. Loads of a new state (STORE image) are the caller's business."""
        self._exchange(isa.Command.ABORT, b"", accept=(isa.Status.OK, isa.Status.ABORTED))

    def _one(self, core: int) -> int:
        """``core``, if it is one."""
        if not 0 <= core < self.cores:
            raise LinkError(
                f"core must be 0..{self.cores - 1}, not {core}" if self.cores > 1 else f"the board has one core, and no core {core}"
            )
        return core

    def _deal(self, chosen: list[list[int]], symbols: bytes) -> None:
        """Symbols of all cores by turns to each one's own."""
        for core, own in enumerate(chosen):
            own += symbols[core :: self.cores]

    def _symbols(self, command: isa.Command, payload: bytes, count: int, *, core: int) -> bytes:
        try:
            data = self._ask(command, payload, core=core)
        except KeyboardInterrupt:
            with suppress(ValueError):  # a line that has broken
                self.abort()
            raise
        if len(data) != count:
            raise LinkError(f"the reply to {command.name} must have {count} symbols, not {len(data)}")
        return data

    def _words(self, space: isa.ReadSpace, address: int, count: int, *, core: int) -> tuple[int, ...]:
        words: list[int] = []
        while len(words) < count:
            at, part = address + len(words), min(MAX_READ, count - len(words))
            data = self._ask(isa.Command.READ, struct.pack("<BHB", space, at, part), core=self._one(core))
            if len(data) != 2 * part:
                raise LinkError(f"the reply to READ must have {2 * part} bytes, not {len(data)}")
            words += struct.unpack(f"<{part}H", data)
        return tuple(words)

    def _ask(self, command: isa.Command, payload: bytes = b"", *, core: int = 0) -> bytes:
        reply = self._exchange(command, payload, accept=(isa.Status.OK,), core=core)
        return reply.payload

    def _exchange(self, command: isa.Command, payload: bytes, *, accept: tuple[isa.Status, ...], core: int = 0) -> Frame:
        """Send a request until it is answered; a reply with a status not in ``accept`` raises."""
        self._seq = self._seq % 255 + 1  # never 0, the seq of BAD_FRAME replies
        request = Frame.request(command, payload, seq=self._seq, core=core)
        for attempt in range(self.tries):
            self.faults.resent += attempt > 0
            self.transport.write(request.encode())
            reply = self._reply(request)
            if reply is None:
                continue
            if reply.code in accept:
                return reply
            if reply.code == isa.Status.ABORTED:
                raise AbortedError(reply.payload)
            raise LinkError(f"{command.name} is refused: {_status(reply.code)}")
        raise LinkError(f"the core does not answer {command.name}, sent {self.tries} times")

    def _reply(self, request: Frame) -> Frame | None:
        """The reply to ``request``, or None when it is to be sent again: after BAD_FRAME, or when the time is over."""
        end = self.transport.now() + self.timeout
        over = False
        while True:
            while self._waiting:
                frame = self._waiting.pop(0)
                if frame.seq == 0 and frame.code == isa.Status.BAD_FRAME:
                    self.faults.bad_frames += 1
                    return None
                if request.code == isa.Command.ABORT and frame.code == isa.Status.ABORTED:
                    return frame
                if frame.seq != request.seq:
                    self.faults.passed += 1  # a late reply to an earlier request
                elif frame.code == isa.Status.BUSY:
                    self.faults.busy += 1  # sent twice, the first one still runs: its reply will come
                else:
                    return frame
            if over:
                self.faults.unanswered += 1
                return None
            left = end - self.transport.now()
            data = self.transport.read(4096, left) if left > 0 else b""
            over = not data
            self._waiting += self._reader.push(data) if data else self._reader.silence()
            self.faults.skipped = self._reader.skipped


def _signed(word: int) -> int:
    return word - (word >> 15 << 16)


def _load_error(code: int) -> isa.LoadError:
    try:
        return isa.LoadError(code)
    except ValueError:
        raise LinkError(f"the core reports the unknown loader error {code}") from None


def _status(code: int) -> str:
    try:
        return STATUS.get(isa.Status(code), isa.Status(code).name)
    except ValueError:
        return f"unknown status {code}"
