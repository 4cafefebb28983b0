"""``python -m golden.eval NETWORK [--text FILE [--whole] | --data DIR]``: its figures on what its training held out, by integers."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.target import NETWORK
from polychron.command.terminal import printable

if TYPE_CHECKING:
    from polychron.network import Network

app = make_app(
    "eval",
    "Score a network on what was held out of its training, by integers.",
    examples=["polychron eval mine.safetensors --text FILE", "polychron eval digits", "polychron eval mnist --data DIR"],
)


@app.default
def evaluate(
    network: Annotated[str, NETWORK],
    /,
    *,
    text: Annotated[Path | None, option("of a text network: any file; left out: Python's own help topics", metavar="FILE")] = None,
    whole: Annotated[bool, option("score the whole text, not only its last tenth")] = False,
    data: Annotated[Path | None, option("of an mnist network: the folder of the IDX files", metavar="DIR")] = None,
) -> None:
    from polychron.network import load

    found = load(network)
    integer = found.integer
    print(f"{printable(network)}: {integer.kind}, n={integer.n}, {integer.table_bytes()} bytes of tables")
    for name in ("command", "seed"):
        if name in integer.card:
            print(f"{name}: {printable(integer.card[name])}")
    if integer.byte_symbols() is not None:
        if data is not None:
            raise ValueError("--data is for image networks, and this is a text network")
        _score(found, text, whole=whole)
    elif text is not None:
        raise ValueError("--text is for text networks, and this is an image network")
    else:
        for name, value in found.accuracy(data=data).items():
            print(f"{name}: {value}")


def _score(network: "Network", path: Path | None, *, whole: bool) -> None:
    from .tasks.ngram import comparison
    from .tasks.text import read_text

    text = read_text(path)
    if text.note:
        print(f"note: {text.note}")
    trained_on = network.integer.card.get("data")
    if isinstance(trained_on, dict) and trained_on.get("sha256") != text.sha256:
        print(f"note: the network was trained on another text: {printable(trained_on.get('name'))}")
    part = "the whole text" if whole else "the last tenth"
    print(f"{printable(text.name)}, {part}: {network.score(text.data if whole else text.held_out)}")
    if not whole:
        print(comparison(text.train, text.held_out))


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
