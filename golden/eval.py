"""``python -m golden.eval NETWORK [--text FILE [--whole] | --data DIR]``: its figures on what its training held out, by integers."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import option
from polychron.command.target import NETWORK
from polychron.command.terminal import printable

if TYPE_CHECKING:
    from polychron.network import Network

app = make_app(
    "eval",
    "Score a network on what was held out of its training, by integers.",
    examples=[
        "polychron eval mine.safetensors --text FILE",
        "polychron eval digits",
        "polychron eval mnist --data DIR",
        "polychron eval programs.safetensors --programs 500",
    ],
)

DATA = "of an mnist network: the folder of the IDX files, or a file of images; of networks of tables: samples as their training takes them"
PROGRAMS = "of a network of programs, without --text: how many of each family and split are completed"


@app.default
def evaluate(
    network: Annotated[str, NETWORK],
    /,
    *,
    text: Annotated[Path | None, option("of a text network: any file; left out: Python's own help topics", metavar="FILE")] = None,
    whole: Annotated[bool, option("score the whole text, not only its last tenth")] = False,
    data: Annotated[Path | None, option(DATA, metavar="PATH")] = None,
    programs: Annotated[int, option(PROGRAMS, low=1, high=100_000, metavar="N")] = 100,
    temperature: Annotated[float, option("of a network of programs: completions are also drawn at this", low=0.01, high=100)] = 1.0,
    json: Json = False,
) -> None:
    from polychron.network import load

    with reported(json) as figures:
        found = load(network)
        integer = found.integer
        print(f"{printable(network)}: {integer.kind}, n={integer.n}, {integer.table_bytes()} bytes of tables")
        for name in ("command", "seed"):
            if name in integer.card:
                print(f"{name}: {printable(integer.card[name])}")
        figures |= {"network": found.name, "kind": integer.kind, "neurons": integer.n, "table_bytes": integer.table_bytes()}
        if integer.byte_symbols() is not None:
            if data is not None:
                raise ValueError("--data is for classifiers, and this is a text network")
            if integer.card.get("task") == "programs" and text is None:
                figures |= _complete(found, programs, temperature)
            else:
                figures |= _score(found, text, whole=whole)
        elif text is not None:
            raise ValueError("--text is for text networks, and this is a classifier")
        else:
            figures |= (measured := found.accuracy(data=data))
            for name, value in measured.items():
                parts = value if isinstance(value, list) else [{name: value}]
                for part in parts:
                    print("; ".join(f"{key}: {printable(said)}" for key, said in part.items()))


def _complete(network: "Network", count: int, temperature: float) -> dict[str, Any]:
    from .tasks.programs.evaluation import evaluate, told

    rows = evaluate(network.integer, count=count, temperature=temperature)
    print(f"completions that the machine accepts, per cent; drawn: at temperature {temperature:g}")
    for line in told(rows):
        print(line)
    return {"temperature": temperature, "completions": rows}


def _score(network: "Network", path: Path | None, *, whole: bool) -> dict[str, Any]:
    from .tasks.ngram import comparison, ngram_bits
    from .tasks.text import read_text

    text = read_text(path)
    if text.note:
        print(f"note: {text.note}")
    trained_on = network.integer.card.get("data")
    other = isinstance(trained_on, dict) and trained_on.get("sha256") != text.sha256
    if isinstance(trained_on, dict) and other:
        print(f"note: the network was trained on another text: {printable(trained_on.get('name'))}")
    part = "the whole text" if whole else "the last tenth"
    score = network.score(text.data if whole else text.held_out)
    print(f"{printable(text.name)}, {part}: {score}")
    ngrams = {} if whole else ngram_bits(text.train, text.held_out)
    if ngrams:
        print(comparison(ngrams))
    return {
        "text": text.name,
        "whole": whole,
        "trained_on_another_text": other,
        "characters": score.characters,
        "bits_per_character": score.bits,
        "saturations": score.saturations,
        "ngram_bits_per_character": ngrams,
    }


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
