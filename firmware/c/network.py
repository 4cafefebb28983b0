"""Command: a network, or a memory image, as C for a program that runs it through the driver beside this file.

python -m firmware.c.network --network NAME [--board NAME] [--flash byte|nibble] [--readings double|float|int] [...]
python -m firmware.c.network --image FILE [--name NAME] [--out DIR] [--without-image] [--temperature T] [--k K] [--seed N]
"""

import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from boards import FlashMode
from polychron.command.app import make_app, run
from polychron.command.options import FLAT, Options, option
from polychron.command.target import BOARD, DRAWN, FLASH, MAX_SEED, NETWORK

if TYPE_CHECKING:
    from golden.integer.latencies import LatencyNetwork
    from golden.tasks.fitting.card import Fitted
    from golden.tasks.fitting.outputs.base import Outputs
    from golden.tasks.fitting.outputs.classes import Classes
    from polychron.network import Network

    from .answers import Answers
    from .meaning import Meaning
    from .readings import Reading, Readings

KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return"
    " short signed sizeof static struct switch typedef union unsigned void volatile while".split()
)

app = make_app(
    "python -m firmware.c.network",
    "Write a network, or a memory image, as C, for a microcontroller that drives the board.",
    examples=[
        "python -m firmware.c.network --network classify.safetensors --board icebreaker",
        "python -m firmware.c.network --image build/icebreaker/shakespeare/image.bin --temperature 0.7",
        "python -m firmware.c.network --image image.bin --without-image --name reader --out src",
    ],
)

READINGS = "of a network for data of your own: the type of the numbers that the program has; left out: double"


@dataclass(frozen=True, kw_only=True)
class Source(Options):
    """What is written: a network, which is compiled first, or an image."""

    network: Annotated[str | None, NETWORK] = None
    board: Annotated[str | None, BOARD] = None
    flash: Annotated[FlashMode | None, FLASH] = None
    readings: Annotated[Literal["double", "float", "int"] | None, option(READINGS)] = None
    image: Annotated[Path | None, option("image.bin, as a build or an export leaves it, instead of a network", metavar="FILE")] = None


NOTHING = Source()


@app.default
def network(
    source: Annotated[Source, FLAT] = NOTHING,
    *,
    name: Annotated[str, option("of the two files and of the constant in them", metavar="NAME")] = "network",
    out: Annotated[Path, option("folder for NAME.c and NAME.h", metavar="FOLDER")] = Path("."),
    without_image: Annotated[bool, option("leave the image's bytes out: it is in the board's flash")] = False,
    temperature: Annotated[float | None, option(DRAWN.split(".")[0] + ". Left out: as the image has it", metavar="T")] = None,
    k: Annotated[int, option("with --temperature: draw among the K earliest spikes only; 0: among all", low=0, high=8, metavar="K")] = 0,
    seed: Annotated[int, option("with --temperature: initial state of the generator", low=1, high=MAX_SEED, metavar="N")] = 1,
) -> None:
    from polychron.command.terminal import printable

    from ..image.files import write_atomic
    from ..image.image import read_image, with_signature
    from ..image.sections import unsigned
    from ..sampling import Sampling
    from .source import array_bytes, network_arrays, network_header, network_source

    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) or name in KEYWORDS:
        raise ValueError(f"--name must be a name in C: letters, digits, underscores, a letter first, no keyword; not {name!r:.60}")
    data, meaning = _read(source)
    program = read_image(data)
    if unsigned(data) and (without_image or program.image_offset is not None):
        raise ValueError(f"{source.image}: an image of version 1 can't be recognised in the board's flash: export its network anew")
    meta, sampling = program.meta, program.sampling
    if temperature is None and (k, seed) != (0, 1):
        raise ValueError("--k and --seed need --temperature")
    if temperature is not None:
        sampling = Sampling.at(temperature, out_frac=meta.out_frac, outputs=meta.placement.output_range, seed=seed, k=k)
    data = with_signature(data)
    text = network_source(name, program, sampling, data, with_image=not without_image, meaning=meaning)
    write_atomic({out / f"{name}.h": network_header(name, meaning).encode(), out / f"{name}.c": text.encode()})
    sizes = array_bytes(network_arrays(program, sampling, data, with_image=not without_image))
    parts = {"image": sizes.pop("image", 0), "map of readings": 0 if meaning is None else meaning.readings.size}
    parts["more"] = sum(sizes.values()) + (0 if meaning is None else meaning.answers.size)
    told = ", ".join(f"{size:,} {what}" for what, size in parts.items() if size)
    print(f"{printable(out / name)}.c, {name}.h: {sum(parts.values()):,} bytes of constants: {told}")


def _read(source: Source) -> tuple[bytes, "Meaning | None"]:
    """The image, and what the network says of readings and outputs, if it does."""
    from polychron.network import load

    from ..image.files import read_bytes

    if source.network is None:
        if source.image is None or (source.board, source.flash, source.readings) != (None, None, None):
            raise ValueError("--board, --flash and --readings need --network" if source.image else "--network or --image must be given")
        return read_bytes(source.image), None
    if source.image is not None:
        raise ValueError("--network and --image exclude each other")
    found = load(source.network)
    meaning = _meaning(found, source.readings)
    return found.compile(board=source.board or "icebreaker", flash=source.flash).image, meaning


def _meaning(found: "Network", kind: "Reading | None") -> "Meaning | None":
    """What the card of a network for somebody's own data says; None of another network."""
    from golden.integer.latencies import LatencyNetwork
    from golden.integer.layer import NetworkError
    from golden.integer.signal import SignalNetwork
    from golden.tasks.fitting.card import KINDS, read_card
    from golden.tasks.signals.steps import Steps
    from golden.tasks.signals.values import NextValues

    from .meaning import Meaning

    integer = found.integer
    card = integer.card
    if card.get("task") not in [outputs.task for outputs in KINDS]:
        if kind is not None:
            raise ValueError(f"--readings: {found.name} is no network for data of your own, so it takes none")
        return None
    kinds = [outputs for outputs in KINDS if (outputs.inputs is Steps) == isinstance(integer, SignalNetwork)]
    try:
        if not isinstance(integer, LatencyNetwork):
            raise NetworkError(f"card field task is {card['task']}, which no {integer.kind} network does")
        fitted = read_card(card, inputs=integer.n_in, outputs=integer.n_out, kinds=kinds)
    except NetworkError as error:
        raise NetworkError(f"{found.path}: {error}") from None
    if isinstance(fitted.outputs, NextValues):
        raise ValueError(f"{found.path}: it tells what comes next, and numbers of signals can't be written as C yet, only their classes")
    return Meaning(readings=_readings(integer, fitted, kind or "double"), answers=_answers(fitted.outputs, unit=2.0**-integer.out_frac))


def _readings(integer: "LatencyNetwork", fitted: "Fitted", kind: "Reading") -> "Readings":
    import numpy as np

    from golden.tasks.fitting.quantiles import LEVELS, MISSING
    from golden.tasks.signals.steps import Steps

    from .readings import Readings
    from .signals import SignalReadings

    inputs = fitted.inputs
    anchors = np.concatenate([group.anchors.ravel() for layer in integer.layers().values() for group in layer.groups])
    read = frozenset((anchors.astype(int) - integer.n_carried).tolist())
    known: dict[str, Any] = {"edges": inputs.edges, "levels": LEVELS, "missing": MISSING, "names": fitted.names, "kind": kind}
    if not isinstance(inputs, Steps):
        return Readings(**known, read=read)
    lagged = inputs.columns * inputs.lags
    columns = frozenset(number % inputs.columns if number < lagged else inputs.columns for number in read if 0 <= number < integer.n_in)
    return SignalReadings(**known, read=columns, lags=inputs.lags, timed=inputs.timed, outputs=integer.n_out)


def _answers(outputs: "Outputs", *, unit: float) -> "Answers":
    """``outputs`` of latencies in ``unit``."""
    from golden.tasks.fitting.outputs.classes import Classes
    from golden.tasks.fitting.outputs.rarity import Rarity
    from golden.tasks.fitting.outputs.values import Values
    from golden.tasks.signals.classes import SignalClasses

    from .answers import ClassNames, Targets, Threshold
    from .signals import SignalNames

    match outputs:
        case SignalClasses():
            return SignalNames(**_named(outputs, unit))
        case Classes():
            return ClassNames(**_named(outputs, unit))
        case Values():
            return Targets(offset=outputs.offset.tolist(), scale=(outputs.scale * unit).tolist(), names=outputs.names)
        case Rarity():
            return Threshold(latency=math.floor(-outputs.offset), normal=None if outputs.normal is None else str(outputs.normal))
        case _:
            raise TypeError(f"{type(outputs).__name__} has no meaning in C")


def _named(outputs: "Classes", unit: float) -> dict[str, Any]:
    return {"names": [str(label) for label in outputs.labels.tolist()], "nats": unit / (outputs.temperature or 1.0)}


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
