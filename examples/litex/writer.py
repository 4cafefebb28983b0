"""The example design in LiteX: python examples/litex/writer.py writes writer.v, for a simulator, of the .mem files in the folder."""

from pathlib import Path

from core import PolychronCore
from litex.gen import LiteXModule
from litex.gen.fhdl import verilog
from litex.soc.interconnect import stream
from migen import ClockDomain, If, Memory, Signal


class Writer(LiteXModule):
    """Loads ``image`` (bytes), lets the network read ``prompt`` (symbols), then gives one character after another."""

    def __init__(self, image, symbols, prompt):
        self.cd_sys = ClockDomain()
        self.core = core = PolychronCore()
        self.character = character = stream.Endpoint([("data", 8)])
        self.failed = Signal()
        sent, stepped, heard = (Signal(max=len(words) + 1) for words in (image, prompt, prompt))
        memories = [Memory(8, len(words), init=words) for words in (image, symbols, prompt)]
        ports = [memory.get_port(async_read=True) for memory in memories]
        self.specials += [*memories, *ports]
        writing = heard == len(prompt)
        self.comb += [
            ports[0].adr.eq(sent),
            core.image.data.eq(ports[0].dat_r),
            core.image.valid.eq(sent < len(image)),
            ports[2].adr.eq(stepped),
            core.step.symbol.eq(ports[2].dat_r),
            core.step.forced.eq(stepped < len(prompt)),
            core.step.valid.eq(core.status.fields.done),
            ports[1].adr.eq(core.symbol.data),
            character.data.eq(ports[1].dat_r),
            character.valid.eq(core.symbol.valid & writing),
            core.symbol.ready.eq(character.ready | ~writing),
            self.failed.eq(core.status.fields.error),
        ]
        self.sync += [
            If(core.image.valid & core.image.ready, sent.eq(sent + 1)),
            If(core.step.valid & core.step.ready & core.step.forced, stepped.eq(stepped + 1)),
            If(core.symbol.valid & core.symbol.ready & ~writing, heard.eq(heard + 1)),
        ]


if __name__ == "__main__":
    image, symbols, prompt = (
        [int(word, 16) for word in Path(f"{name}.mem").read_text().split()] for name in ("image", "symbols", "prompt")
    )
    design = Writer(image, symbols, prompt)
    character = design.character
    ports = {design.cd_sys.clk, design.cd_sys.rst, character.data, character.valid, character.ready, design.failed}
    verilog.convert(design, ports, name="writer").write("writer.v")
