"""A design that writes text, in Amaranth: the core of Polychron beside logic of its own. docs/user/verilog.md walks through it."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Out

from hdl.board.embedded import EmbeddedCore


class Writer(wiring.Component):
    """Loads ``image`` (bytes), lets the network read ``prompt`` (symbols), then offers one character after another, each the byte that
    ``symbols`` has for a symbol. Every character may wait: the core's next step runs meanwhile."""

    character: Out(stream.Signature(8))
    failed: Out(1)  # the core has refused the image

    def __init__(self, board, *, image, symbols, prompt):
        self._core = EmbeddedCore(board)
        self._image, self._symbols, self._prompt = image, symbols, prompt
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.core = core = self._core
        m.submodules.image = image = Memory(shape=8, depth=len(self._image), init=self._image)
        m.submodules.symbols = symbols = Memory(shape=8, depth=256, init=self._symbols)
        m.submodules.prompt = prompt = Memory(shape=8, depth=len(self._prompt), init=self._prompt)
        bytes_, chosen, forced = (memory.read_port(domain="comb") for memory in (image, symbols, prompt))
        sent = Signal(range(len(self._image) + 1))  # bytes of the image
        stepped = Signal(range(len(self._prompt) + 1))  # steps of the prompt that have begun
        heard = Signal.like(stepped)  # ... and ended
        writing = heard == len(self._prompt)

        m.d.comb += [
            bytes_.addr.eq(sent),
            core.image.payload.eq(bytes_.data),
            core.image.valid.eq(sent < len(self._image)),
            forced.addr.eq(stepped),
            core.step.payload.symbol.eq(forced.data),
            core.step.payload.forced.eq(stepped < len(self._prompt)),
            core.step.valid.eq(core.load.done),
            chosen.addr.eq(core.symbol.payload),
            self.character.payload.eq(chosen.data),
            self.character.valid.eq(core.symbol.valid & writing),
            core.symbol.ready.eq(self.character.ready | ~writing),
            self.failed.eq(core.load.error),
        ]
        with m.If(core.image.valid & core.image.ready):
            m.d.sync += sent.eq(sent + 1)
        with m.If(core.step.valid & core.step.ready & core.step.payload.forced):
            m.d.sync += stepped.eq(stepped + 1)
        with m.If(core.symbol.valid & core.symbol.ready & ~writing):
            m.d.sync += heard.eq(heard + 1)
        return m
