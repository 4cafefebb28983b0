"""The loader fed with images made by hand, and one image that has all kinds of sections."""

from firmware import isa
from firmware.isa import Kind, LoadError
from hdl.link.loader import Loader
from hdl.link.section import space_words

from ..board_models import image, put, section, simulate

WIDTH = isa.Width()
WORDS = space_words(table_bytes=131_072, width=WIDTH)
OK = (1, 0, LoadError.NONE)


def load(data, *, stalls=None, loader=None, restarts=(), scrubs=(), sections=None, flashed=0, kept=None):
    """Feeds ``data``; returns (writes, done, error, code). Strobes ``start`` or ``scrub`` before the bytes whose indices ``restarts`` and
    ``scrubs`` give. ``sections``: a list that takes the section's number after each byte; ``kept``: one that takes
    the signature, and whether the flash has it, at the end. ``flashed``: the bytes come from there."""
    dut = loader or Loader(words=WORDS, width=WIDTH)
    writes, result = [], []

    async def feed(ctx):
        ctx.set(dut.flashed, flashed)
        for at, byte in enumerate(data):
            for port, when in ((dut.start, restarts), (dut.scrub, scrubs)):
                if at in when:
                    if at:
                        await ctx.tick().until(dut.i.ready)
                    ctx.set(port, 1)
                    await ctx.tick()
                    ctx.set(port, 0)
            await put(ctx, dut.i, [byte], stalls=stalls)
            if sections is not None:
                await ctx.tick().until(dut.i.ready)
                sections.append(ctx.get(dut.status.section))
        await ctx.tick().until(dut.i.ready)
        if kept is not None:
            kept.extend([ctx.get(dut.status.image_signature), ctx.get(dut.status.same)])
        result.extend([ctx.get(dut.status.done), ctx.get(dut.status.error), LoadError(ctx.get(dut.status.code))])

    async def watch(ctx):
        before = None
        async for _, _, strobe, *write in ctx.tick().sample(dut.load.strobe, dut.load.space, dut.load.address, dut.load.data):
            if strobe:
                writes.append(tuple(write))
                assert write[0] == before  # the bus's promise: the space stands from a clock before the strobe
            before = write[0]

    simulate(dut, feed, background=[watch])
    return writes, *result


ON_CHIP = [(Kind.META, 0, b"{}  "), (Kind.PROGRAM, 0, bytes(range(16))), (Kind.STORE, 8, b"abcdefgh")]
IN_FLASH = [(Kind.PAD, 0, bytes(6)), (Kind.FLASH, 0x0A0000, b"rows of tables!!"), (Kind.PAD, 0, b""), (Kind.FLASH, 0x7FFFF8, bytes(16))]
REST = (Kind.REST, 0, b"")
SIGNATURE = (Kind.SIGNATURE, 0, bytes.fromhex("0df0adde"))


def built(*parts):
    return image(*(section(*part) for part in parts))


SIGNED = built(*ON_CHIP, SIGNATURE, REST, *IN_FLASH)


def signature_after(*images, scrubs=(), flashed=0):
    """(signature, same) once the images have passed one after another, those numbered in ``scrubs`` by a scrub."""
    kept, starts = [], [sum(map(len, images[:number])) for number in range(len(images))]
    restarts = [at for number, at in enumerate(starts) if number not in scrubs]
    state = load(b"".join(images), restarts=restarts, scrubs=[starts[number] for number in scrubs], flashed=flashed, kept=kept)[1:]
    assert state == OK
    return tuple(kept)
