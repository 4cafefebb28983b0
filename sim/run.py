"""Command: run a network on the simulated gateware, every latency compared with the golden model.

python -m sim.run --board icebreaker [--network NAME] [--flash byte|nibble] [--prompt TEXT] [--length N] [--temperature T | --greedy]
    [--k K] [--seed N] [--uart] [--trace FILE]
python -m sim.run --board icebreaker [--digits N] [--network NAME] [--data PATH]
python -m sim.run --board icebreaker --network NAME --wav FILE
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, ArgumentCollection, Token

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, Options, given, option
from polychron.command.target import EARLIEST, SHAKESPEARE, Sampler, Target, text_is_drawn
from polychron.command.terminal import printable, say, showing

if TYPE_CHECKING:
    from golden.tasks.held_out import HeldOut
    from polychron.program import Program
    from sim.runs import Run


def _digits_network(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """With ``--digits`` the network is that of the digits, with ``--data`` too that of MNIST, unless one is named."""
    if given(arguments, "digits") is not None and given(arguments, "network") is None:
        name = "digits" if given(arguments, "data") is None else "mnist"
        arguments["--network"].append(Token(keyword="--network", value=name, source="digits"))


app = make_app(
    "sim",
    "Run a network on the simulated gateware beside the golden model, every latency compared.\n\n"
    "The gateware is compiled by g++, or by the compiler that CXX names, and kept in ~/.cache/polychron.",
    examples=[
        'polychron sim --prompt "First Citizen:"',
        "polychron sim --network best-5m --flash nibble --length 50",
        "polychron sim --length 3 --trace run.vcd",
        'polychron sim --network programs.safetensors --prompt "12 34+" --greedy',
        "polychron sim --digits 450",
        "polychron sim --digits 1000 --network mnist --data DIR",
        "polychron sim --network stream.safetensors --data motions.csv",
        "polychron sim --network stream.safetensors --wav yes.wav",
    ],
    config=[_digits_network, text_is_drawn],
)


DIGITS = "classify the first N images, rows of a table or signals that were held out of the network's training instead"
DATA = "samples as the network's training takes them; without --digits or --samples all that were held out of them are classified"
WAV = "a recording, of 16 bits, mono, 16 kHz, that a network of recordings hears instead (docs/user/keywords.md)"


@dataclass(frozen=True, kw_only=True)
class Images(Options):
    """What a classifier is given; nothing: a text is written."""

    digits: Annotated[int | None, option(DIGITS, low=1, high=1_000_000, metavar="N", name=("--digits", "--samples"))] = None
    data: Annotated[Path | None, option(DATA, metavar="PATH")] = None
    wav: Annotated[Path | None, option(WAV, metavar="FILE")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.wav is not None and (self.digits, self.data) != (None, None):
            raise ValueError("--wav is one recording: --samples and --data are for those of a folder")


A_TEXT = Images()


@app.default
def simulate(
    target: Annotated[Target, FLAT] = SHAKESPEARE,
    sampler: Annotated[Sampler, FLAT] = EARLIEST,
    *,
    prompt: Annotated[str, option("text the network reads first", metavar="TEXT")] = "",
    length: Annotated[int, option("characters to write", low=0, high=60_000, metavar="N")] = 200,
    images: Annotated[Images, FLAT] = A_TEXT,
    uart: Annotated[bool, option("the whole board, by its UART pins and the host driver; else the core alone")] = False,
    trace: Annotated[Path | None, option("write a VCD of the run, 2 MB a character", metavar="FILE")] = None,
    json: Json = False,
) -> int:
    from polychron.network import load

    network = load(target.network)
    program = network.compile(board=target.board, flash=target.flash, temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
    with reported(json) as figures:
        if images.wav is not None:
            return _heard(program, images.wav, figures, uart=uart, trace=trace)
        if images != A_TEXT:
            return _held_out(program, images, figures, uart=uart, trace=trace)
        if network.integer.card.get("task") == "programs":
            return _judged(program, figures, prompt=prompt, length=length, uart=uart, trace=trace)
        with showing() as echo:
            made = program.simulate(prompt=prompt, length=length, uart=uart, trace=trace, echo=echo, say=say)
        print()
        figures |= made.figures
        return _report(made, trace=trace)


def _judged(program: "Program", figures: dict[str, Any], *, prompt: str, **how: Any) -> int:
    """A network of programs: it reads a first program, then ``prompt``, and the machine judges every program as it comes to its end."""
    from golden.programs.answers import PRIMER
    from golden.programs.telling import Judge

    first = PRIMER.decode()
    with showing() as echo:
        judge = Judge(echo)
        made = program.simulate(prompt=first + prompt, echo=lambda text: judge.take(text.removeprefix(first)), say=say, **how)
    print()
    told = {"programs": len(judge.verdicts), "programs_accepted": sum(judge.verdicts)}
    figures |= made.figures | told
    return _report(made, f"the machine: {told['programs_accepted']} of {told['programs']} programs accepted", trace=how["trace"])


def _heard(program: "Program", wav: Path, figures: dict[str, Any], *, uart: bool, trace: Path | None) -> int:
    """One recording, from its samples to its word."""
    from golden.tasks.hearing import Hearing

    hearing = Hearing.of(program.network.integer, wav)
    read = program.stream([hearing.x], uart=uart, trace=trace, say=say)
    phrase, told = hearing.told(read.outputs[0])
    figures |= read.figures | told
    return _report(read, f"{printable(wav)}: {phrase}", trace=trace)


def _held_out(program: "Program", images: Images, figures: dict[str, Any], *, uart: bool, trace: Path | None) -> int:
    from golden.tasks.scoring import held_out

    network, data = program.network, images.data
    if network.integer.byte_symbols() is not None:
        raise ValueError(f"{network.name} is a text network: --digits and --data need another, named with --network")
    card = {"task": "digits" if data is None else "mnist", "seed": 0} | network.integer.card  # tables made elsewhere have none
    held = held_out(replace(network.integer, card=card), data=data)
    what = "digits" if held.what == "images" else held.what
    count = images.digits or len(held.x)
    if len(held.x) < count:
        raise ValueError(f"--{'digits' if held.what == 'images' else 'samples'} must be 1..{len(held.x)}, not {count}")
    made, outputs, chosen = _made(program, held, count, uart=uart, trace=trace)
    phrase, told = held.tell(outputs, chosen)
    figures |= made.figures | {"classes": chosen} | told
    count = made.figures.get("signals", len(chosen))
    return _report(made, f"{count} held-out {what if count != 1 else what[:-1]}: {phrase}", trace=trace)


def _made(program: "Program", held: "HeldOut", count: int, *, uart: bool, trace: Path | None) -> tuple["Run", Any, Sequence[int]]:
    """The run of the first ``count`` samples, the outputs as the task of the network takes them, and the earliest of each."""
    from golden.integer.forward import earliest
    from golden.integer.signal import SignalNetwork

    if not isinstance(program.network.integer, SignalNetwork):
        run = program.classify(held.x[:count], uart=uart, trace=trace, say=say)
        return run, run.outputs, run.classes
    read = program.stream(list(held.x[:count]), uart=uart, trace=trace, say=say)
    outputs = held.joined([signal for signal in read.outputs if len(signal)])
    return read, outputs, earliest(outputs).tolist()


def _report(made: "Run", *lines: str, trace: Path | None) -> int:
    for line in (made.verdict, *lines, made.summary):
        if line:
            print(line)
    if trace:
        print(f"trace: {printable(trace)}")
    say(f"simulated {made.clocks:,} clocks in {made.seconds:.1f} s")
    return 0 if made.equal else 1


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
