"""Command: a memory image as C, for a program that runs its network through the driver beside this file.

python -m firmware.c.network --image FILE [--name NAME] [--out DIR] [--without-image] [--temperature T] [--k K] [--seed N]
"""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.target import DRAWN, MAX_SEED

if TYPE_CHECKING:
    from ..program import Program
    from ..sampling import Sampling

NO_INPUT = 0xFFFF
KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return"
    " short signed sizeof static struct switch typedef union unsigned void volatile while".split()
)

app = make_app(
    "python -m firmware.c.network",
    "Write a memory image as C, for a microcontroller that drives the board.",
    examples=[
        "python -m firmware.c.network --image build/icebreaker/shakespeare/image.bin --temperature 0.7",
        "python -m firmware.c.network --image image.bin --without-image --name reader --out src",
    ],
)


@app.default
def network(
    *,
    image: Annotated[Path, option("image.bin, as a build or an export leaves it", metavar="FILE")],
    name: Annotated[str, option("of the two files and of the constant in them", metavar="NAME")] = "network",
    out: Annotated[Path, option("folder for NAME.c and NAME.h", metavar="FOLDER")] = Path("."),
    without_image: Annotated[bool, option("leave the image's bytes out: it is in the board's flash")] = False,
    temperature: Annotated[float | None, option(DRAWN.split(".")[0] + ". Left out: as the image has it", metavar="T")] = None,
    k: Annotated[int, option("with --temperature: draw among the K earliest spikes only; 0: among all", low=0, high=8, metavar="K")] = 0,
    seed: Annotated[int, option("with --temperature: initial state of the generator", low=1, high=MAX_SEED, metavar="N")] = 1,
) -> None:
    from ..image.files import read_bytes, write_atomic
    from ..image.image import read_image, with_signature
    from ..image.sections import unsigned
    from ..sampling import Sampling

    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) or name in KEYWORDS:
        raise ValueError(f"--name must be a name in C: letters, digits, underscores, a letter first, no keyword; not {name!r:.60}")
    data = read_bytes(image)
    program = read_image(data)
    if unsigned(data) and (without_image or program.image_offset is not None):
        raise ValueError(f"{image}: an image of version 1 can't be recognised in the board's flash: export its network anew")
    meta, sampling = program.meta, program.sampling
    if meta.kind == "signal":
        raise ValueError(f"{image}: the network is of kind signal, of which the driver can't keep the state from step to step")
    if temperature is None and (k, seed) != (0, 1):
        raise ValueError("--k and --seed need --temperature")
    if temperature is not None:
        sampling = Sampling.at(temperature, out_frac=meta.out_frac, outputs=meta.placement.output_range, seed=seed, k=k)
    source = network_source(name, program, sampling, with_signature(data), with_image=not without_image)
    write_atomic({out / f"{name}.h": network_header(name).encode(), out / f"{name}.c": source.encode()})


def network_header(name: str) -> str:
    """NAME.h."""
    guard = f"{name.upper()}_H"
    return f'{_origin()}#ifndef {guard}\n#define {guard}\n\n#include "polychron.h"\n\nextern const polychron_network {name};\n\n#endif\n'


def network_source(name: str, program: "Program", sampling: "Sampling", image: bytes, *, with_image: bool) -> str:
    """NAME.c: the constant ``name`` and its arrays, which the compiler keeps in read-only memory."""
    from ..image.sections import signature, unpack, until_rest

    meta, width = program.meta, program.width
    store, input_at = _start(program)
    output = meta.placement.output
    loaded = until_rest(image)
    arrays: dict[str, tuple[str, Sequence[int]]] = {"store": ("int16_t", store)}
    if with_image:
        arrays["image"] = "uint8_t", loaded
    if meta.kind == "deep":
        arrays["input_at"] = "uint16_t", input_at
    if meta.symbols is not None:
        arrays["symbols"] = "int16_t", meta.symbols
    if sampling.jittered and sampling.jitter is not None:
        arrays["jitter"] = "int16_t", sampling.jitter.tolist()
    pointer = {array: f"{name}_{array}" if array in arrays else "NULL" for array in ("store", "image", "input_at", "symbols", "jitter")}
    fields = {
        "lanes": width.lanes,
        "comparators": width.comparators,
        "in_flash": int(any(run.tier for run in program.runs)),
        "signature": f"{signature(unpack(image)[1]):#x}u",
        "image": pointer["image"],
        "image_size": len(loaded),
        "store": pointer["store"],
        "store_size": len(store),
        "output": output,
        "output_end": min(len(store), output + -(-meta.n_out // width.lanes) * width.lanes),
        "input_at": pointer["input_at"],
        "inputs": meta.n_in if meta.kind == "deep" else 0,
        "symbols": pointer["symbols"],
        "outputs": meta.n_out,
        "sampler": f"{{{sampling.seed}u, {sampling.k}, {sampling.mask}, {pointer['jitter']}}}",
    }
    members = "".join(f"    .{field} = {value},\n" for field, value in fields.items())
    definitions = "".join(_array(kind, pointer[array], values) for array, (kind, values) in arrays.items())
    return f'{_origin()}#include "{name}.h"\n\n{definitions}const polychron_network {name} = {{\n{members}}};\n'


def _start(program: "Program") -> tuple[list[int], list[int]]:
    """Latencies of the start by address, those of reference neurons in their places, and the number of the input at each, or none."""
    meta = program.meta
    store, input_at = program.store.tolist(), [NO_INPUT] * len(program.store)
    if meta.kind == "deep":
        for neuron, addresses in enumerate(meta.placement.neurons):
            for address in addresses:
                if neuron < meta.n_in:
                    input_at[address] = neuron
                else:
                    store[address] = meta.placement.constants[neuron - meta.n_in]
    return store, input_at


def _array(kind: str, name: str, values: Iterable[int]) -> str:
    lines = "\n".join(wrap(", ".join(map(str, values)), 96, initial_indent="    ", subsequent_indent="    "))
    return f"static const {kind} {name}[] = {{\n{lines},\n}};\n\n"


def _origin() -> str:
    return "/* Generated by `python -m firmware.c.network` from a memory image. */\n"


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
