"""``python -m golden.programs.command``: run a program, write programs, and ask whether a training set has one."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from polychron.command.app import make_app, run
from polychron.command.figures import Json, dumps, reported
from polychron.command.options import FLAT, option
from polychron.command.terminal import printable
from polychron.system.files import check_file, write_whole
from polychron.system.progress import under_way

from .options import WorldError, WorldOptions

app = make_app(
    "programs",
    "A small world of true programs: run one, write many, and look inside a network that completes them.",
    examples=[
        'polychron programs run "12 34+46=;"',
        "polychron programs write --split longer --programs 1000 --out longer.txt",
        'polychron programs seen "12 34+46=;"',
        'polychron programs explain programs.safetensors --prompt "12 34+"',
    ],
)

Split = Literal["train", "held", "pairs", "compositions", "longer"]
Program = Annotated[str, option("a program, such as 12 34+46=;", metavar="PROGRAM")]
TRAINED = "the training set of this network; left out: the one that the options name"
WORLD = WorldOptions()


@app.command(name="run")
def run_program(program: Program, /, *, json: Json = False) -> int:
    """Run a program on the machine: the stack after each token, and whether it is accepted; exit code 1 where it isn't."""
    from golden.integer.symbols import typed_bytes

    from .machine import run as judged

    with reported(json) as figures:
        verdict = judged(typed_bytes(program))
        for token, stack in zip(verdict.program, verdict.trace, strict=False):
            print(f"{chr(token)}  {' '.join(map(str, stack))}".rstrip())
        print(verdict)
        trace = [list(stack) for stack in verdict.trace]
        figures |= {"accepted": verdict.accepted, "fault": verdict.fault.name, "token": verdict.at, "trace": trace}
    return 0 if verdict.accepted else 1


@app.command
def write(
    options: Annotated[WorldOptions, FLAT] = WORLD,
    *,
    split: Annotated[Split, option("which programs: those of training, or of a split that shares none with it")] = "train",
    out: Annotated[Path, option("a program a line; its card goes beside it, FILE.json", metavar="FILE")] = Path("programs.txt"),
    json: Json = False,
) -> None:
    """Write programs, a line each, and the card that says what is among them."""
    from .generator import programs
    from .training_set import TrainingSet, card_of

    card = out.with_name(out.name + ".json")
    with reported(json) as figures:
        for path in (out, card):
            check_file(path)
        with under_way("writing programs"):
            world = options.chosen()
            made = programs(world, split, options.programs)
            found, written = card_of(world, split, made), made.written
            if options.planted():
                if split != "train":
                    raise WorldError(f"--contradictions and --duplicates are for the split train, not {split}")
                training = TrainingSet(world=world, count=options.programs, planted=options.planted())
                found, written = training.card, training.lines.written
            lines = b"".join(written.program(number) + b"\n" for number in range(len(written.cuts)))
        write_whole({out: lines, card: (dumps(found) + "\n").encode()})
        counted = f"{len(written.cuts):,} lines, {len(made):,} programs, {found['tokens']:,} tokens"
        print(f"{printable(out)}: {counted}, SHA-256 of the tokens {found['sha256']}")
        print("; ".join(f"{family}: {count:,}" for family, count in found["families"].items()))
        figures |= {"file": out, "card": card, "lines": len(written.cuts)} | {
            name: found[name] for name in ("split", "programs", "tokens", "sha256", "families")
        }


@app.command
def seen(
    program: Program,
    /,
    *,
    network: Annotated[str | None, option(TRAINED, metavar="NAME or FILE")] = None,
    options: Annotated[WorldOptions, FLAT] = WORLD,
    json: Json = False,
) -> None:
    """Whether a program is in a training set, exactly, and what is known of it."""
    from golden.integer.file import load
    from golden.integer.shipped import find_network
    from golden.integer.symbols import typed_bytes

    from .training_set import TrainingSet

    with reported(json) as figures, under_way("making the training set anew"):
        if network is None:
            chosen = TrainingSet(world=options.chosen(), count=options.programs, planted=options.planted())
        else:
            chosen = TrainingSet.of_card(load(find_network(network)).card.get("data"))
        told = chosen.told(typed_bytes(program))
        place = told["place"]
        print(
            f"{'not ' if place is None else ''}seen"
            + ("" if place is None else f": training program {place} of {len(chosen.lines)}, from 0")
        )
        print("the machine: " + told["verdict"])
        for name in ("family", "split", "template"):
            if told[name] is not None:
                print(f"{name}: {told[name]}")
        figures |= {"programs": len(chosen.lines)} | told


INSIDE = "golden.tasks.programs.inside.command"
for name in ("visits", "explain", "novelty", "trace", "forget"):
    app.command(f"{INSIDE}:{name}", name=name)

main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
