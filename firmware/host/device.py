"""A network on a core: text in and out, classes of inputs, temperature; what a user of a board calls."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from golden.integer.symbols import TextDecoder

from ..image.image import learning_image, page_image, read_image, sampler_image, with_signature
from ..image.sections import Section, pack, signature, unpack, unsigned, until_rest
from ..isa import PAGE_WORDS, Kind
from ..learning import Learning
from ..program import Placed, Program
from ..sampling import Sampling
from .host import Hello, Host, LinkError

UNKNOWN = -1  # in a network's symbols: any byte that is not listed
UNKNOWN_BYTE = ord("?")  # what the unknown symbol is shown as
TOLD = 4096  # words of tables that are read between two reports of progress


class SymbolError(ValueError):
    """A byte the network has no symbol for; the message names it."""


class Device:
    """The network of ``image`` on the core behind ``host``; nothing is sent before :meth:`load`.

    An image of version 1 is sent with its signature, as one of the present version. In the flash it has none that tells it from another:
    ``guessed`` says after :meth:`load` that tables in the flash are taken for the image's because there are as many sections.

    Several cores all hold the network. What is named ``all`` gives each a text or an input of its own, and they run at the same time; the
    rest is about core 0, and sets all of them where it sets something, unless ``core`` says which.
    """

    def __init__(self, host: Host, image: bytes) -> None:
        self.host = host
        self.image = image
        self.program: Program = read_image(image)
        self.guessed = False
        self._whole = with_signature(image)
        self._end = len(unpack(image)[1])  # the number of its last section
        sections = unpack(self._whole)[1]
        self.signature = signature(sections)
        self._start = [section for section in sections if section.kind in (Kind.STORE, Kind.JITTER, Kind.CONFIG)]
        self._place = self.program.meta.placement

    @property
    def loadable(self) -> bytes:
        """What :meth:`load` sends: the image without its tables in flash."""
        return until_rest(self._whole)

    def load(self, *, keep: bool = False, progress: Callable[[int], None] = lambda done: None) -> Hello:
        """Greet the core and load the image into it, but for tables in flash: those there must be the image's. Returns the greeting.

        ``progress`` is told the bytes sent. A core that has the image already is only given its state and sampler; a flash that was not
        found to hold the image's tables since is scrubbed: ``LinkError`` if it holds others, ``ScrubError`` if it is damaged. A core that
        started from its flash is believed by the image's signature there. A core that has changed its tables is given them again, unless it
        is to ``keep`` what it has made of those of the same image; it learns nothing until :meth:`learn`.
        """
        core = self.host.wait(until=lambda core: core.flash_ready or not core.loading)  # else the flash is starting
        if core.width != self.program.width:
            raise LinkError(f"the image is for {self.program.width}, the core has {core.width}")
        flashed = self.program.image_offset is not None
        if flashed and not core.flash_ready:
            core = self.host.hello()  # between the end of a boot and this bit lie some microseconds
            if not core.flash_ready:
                raise LinkError(
                    "the network has tables in flash, and the board's flash does not answer (absent, busy, or another chip): switch the "
                    "board off and on, and write build/BOARD/flash.bin with its programmer if that was not done"
                )
        there = core.loaded and core.signature == self.signature and (keep or not core.changed)
        self.guessed = False
        if there:
            self.host.load(pack(self._start, width=self.program.width))
        else:
            self.host.load(self.loadable, progress=progress)
        if core.learns:
            self.learn(None)
        if flashed and not (there and core.flash_same):
            self._check_flash(self.host.scrub())
        return core

    def _check_flash(self, end: Hello) -> None:
        """After a scrub that ended so: whether the tables in the flash are the image's."""
        self.guessed = not end.flash_same and unsigned(self.image) and end.section == self._end % 256
        if not (end.flash_same or self.guessed):
            raise LinkError("the flash holds the tables of another image: write build/BOARD/flash.bin with the board's programmer")

    def reset(self, *, core: int | None = None) -> None:
        """The state as the image left it: h_0 = 0 in a recurrent network, an empty cache in a transformer."""
        self._write({core: self.program.store.tolist()})

    def set_sampler(self, *, temperature: float = 0.0, k: int = 0, seed: int = 1, core: int | None = None) -> None:
        """Draw at ``temperature`` among the ``k`` earliest spikes (0: all); temperature 0 takes the earliest. Restarts the generator.

        Cores draw alike from one seed.
        """
        meta = self.program.meta
        sampling = Sampling.at(temperature, out_frac=meta.out_frac, outputs=self._place.output_range, seed=seed, k=k)
        self.host.load(sampler_image(sampling, width=self.program.width, core=self._named(core)))

    def learn(self, learning: Learning | None) -> None:
        """Each step with a forced symbol, that of :meth:`feed`, changes output tables on chip from now on, or none does (None). Of a core
        that says ``learns``; another one refuses the image."""
        self.host.load(learning_image(learning, width=self.program.width))

    def teach(self, latencies: Sequence[int], label: int) -> int:
        """The class of the inputs of a deep network, as :meth:`classify`; a core that learns by a margin learns that it is ``label``."""
        self._write({None: self._inputs(latencies)})
        return self.host.feed([label])[0]

    def tables(self, *, progress: Callable[[int], None] = lambda done: None) -> tuple[Placed, ...]:
        """The tables on chip as they are now, in the pieces of ``program``; of a core that says ``learns``. ``progress`` is told the bytes
        read."""
        found, done = list[Placed](), 0
        for piece in self.program.tables:
            if piece.tier == 0:
                words: list[int] = []
                for page, first, count in _reads(piece, self.program.width.side_words):
                    self.host.load(page_image(page, width=self.program.width))
                    words += self.host.tables(first, count)
                    progress(done + 2 * len(words))
                done += 2 * len(words)
                found.append(piece._replace(data=np.array(words, "<u2").tobytes()))
        return tuple(found)

    def classify(self, latencies: Sequence[int]) -> int:
        """The class of the inputs of a deep network, n_in latencies of 16 bits; of a signal network after its next inputs, where
        :meth:`reset` begins a new signal."""
        store = self._inputs(latencies)
        if self.program.meta.kind == "signal":
            self._write_inputs(store)
        else:
            self._write({None: store})
        return self.host.step(1)[0]

    def classify_all(self, samples: Sequence[Sequence[int]]) -> list[int]:
        """The class of each of ``samples`` of a deep network, however many, as many at a time as there are cores."""
        if self.program.meta.kind == "signal":
            raise LinkError("the network reads signals, step after step: it has no classes of samples on their own")
        classes: list[int] = []
        for at in range(0, len(samples), self.host.cores):
            some = samples[at : at + self.host.cores]
            self._write({core if self.host.cores > 1 else None: self._inputs(sample) for core, sample in enumerate(some)})
            classes += [chosen[0] for chosen in self.host.step_all(1)][: len(some)]
        return classes

    def _inputs(self, latencies: Sequence[int]) -> list[int]:
        """The latency store with the inputs of a network that takes latencies."""
        meta = self.program.meta
        if meta.kind not in ("deep", "signal") or len(latencies) != meta.n_in:
            raise LinkError(f"the network must take {len(latencies)} latencies, it is of kind {meta.kind} and takes {meta.n_in}")
        for value in latencies:
            if not -32768 <= value <= 32767:
                raise LinkError(f"an input latency must be -32768..32767, not {value}")
        store = self.program.store.tolist()
        given = [*latencies, *self._place.constants]
        for neuron, value in enumerate(given, start=meta.n - len(given)):
            for address in self._place.neurons[neuron]:
                store[address] = int(value)
        return store

    def feed(self, text: bytes) -> list[int]:
        """Steps through ``text``; the symbols the core would have chosen."""
        return self.host.feed(self.symbols(text))

    def feed_all(self, texts: Sequence[bytes]) -> list[list[int]]:
        """The same with a text for each core; those that are longer than the shortest take longer."""
        return self.host.feed_all([self.symbols(text) for text in texts])

    def generate_all(self, count: int) -> list[str]:
        """``count`` symbols that each core chooses, as UTF-8 text."""
        texts = []
        for chosen in self.host.step_all(count):
            decoder = TextDecoder(tuple(self._listed()))
            texts.append(decoder.text(chosen) + decoder.end())
        return texts

    def generate(self, count: int) -> Iterator[str]:
        """``count`` symbols the core chooses, as UTF-8 text, a few at a time."""
        for _, text in self.parts(count):
            yield text

    def parts(self, count: int) -> Iterator[tuple[int, str]]:
        """The same; with each piece of text the symbols that the core has chosen for it, 0 with the last one, which ends a character."""
        decoder = TextDecoder(tuple(self._listed()))
        done = 0
        while done < count:
            chosen = self.host.step(min(32, count - done))
            done += len(chosen)
            yield len(chosen), decoder.text(chosen)
        yield 0, decoder.end()

    def symbols(self, text: bytes) -> list[int]:
        """Text to symbols."""
        listed = self._listed()
        index = {byte: symbol for symbol, byte in enumerate(listed)}
        unknown = index.get(UNKNOWN)
        symbols = []
        for position, byte in enumerate(text):
            symbol = index.get(byte, unknown)
            if symbol is None:
                raise SymbolError(f"byte {byte} ({chr(byte)!r}) at {position} of the text is none of the network's {len(listed)} symbols")
            symbols.append(symbol)
        return symbols

    def text(self, symbols: Sequence[int]) -> bytes:
        """Symbols to text; the unknown symbol is a question mark."""
        listed = self._listed()
        return bytes(UNKNOWN_BYTE if listed[symbol] == UNKNOWN else listed[symbol] for symbol in symbols)

    def _listed(self) -> list[int]:
        listed = self.program.meta.symbols
        if listed is None:
            raise SymbolError("the network has no symbols, so it reads no text")
        return list(listed)

    def _named(self, core: int | None) -> int | None:
        if core is not None and not (self.host.cores > 1 and 0 <= core < self.host.cores):
            last = self.host.cores - 1
            raise LinkError(
                f"core must be 0..{last}, not {core}" if last else f"the board has one core, so none can be named, not even {core}"
            )
        return core

    def _write_inputs(self, store: list[int]) -> None:
        """The inputs of ``store``, of all cores. What lies between near ones is written as it was loaded, which no step changes."""
        last = self.program.meta.n - len(self._place.constants)
        given = self._place.neurons[last - self.program.meta.n_in : last]
        near = Section(kind=Kind.STORE).size // 2  # another section takes more bytes than so many latencies
        sections = [
            Section(kind=Kind.STORE, address=some.start, payload=np.array(store[some.start : some.stop], "<i2").tobytes())
            for some in _ranges((address for copies in given for address in copies), near=near)
        ]
        self.host.load(pack(sections, width=self.program.width))

    def _write(self, stores: Mapping[int | None, list[int]]) -> None:
        """All latencies but the outputs, which the next step writes, of each core that is named, or of all (None)."""
        output, lanes = self._place.output, self.program.width.lanes
        columns = -(-self.program.meta.n_out // lanes) * lanes
        sections = [
            Section(kind=Kind.STORE, address=at, core=self._named(core), payload=np.array(part, "<i2").tobytes())
            for core, values in stores.items()
            for at, part in ((0, values[:output]), (output + columns, values[output + columns :]))
            if part
        ]
        self.host.load(pack(sections, width=self.program.width))


def _ranges(addresses: Iterable[int], *, near: int) -> list[range]:
    """Ranges that have all ``addresses``, more than ``near`` apart."""
    found: list[range] = []
    for address in sorted(addresses):
        if found and address - found[-1].stop <= near:
            found[-1] = range(found[-1].start, address + 1)
        else:
            found.append(range(address, address + 1))
    return found


def _reads(piece: Placed, words_a_beat: int) -> Iterator[tuple[int, int, int]]:
    """Page, first word and count of what is read of a piece at a time: little enough to be told how far it is."""
    at = piece.beat * words_a_beat
    end = at + len(piece.data) // 2
    while at < end:
        page, first = divmod(at, PAGE_WORDS)
        count = min(end - at, PAGE_WORDS - first, TOLD)
        yield page, first, count
        at += count
