"""``python -m golden.eval NETWORK [--text FILE | --data DIR]``: the figures of a network file, by integers."""

import argparse
import sys
from pathlib import Path

from .compiled.stream import score
from .integer.file import load
from .integer.layer import NetworkError
from .integer.network import Network, TextNetwork
from .integer.shipped import find_network, shipped_networks
from .tasks.images import task as image_task
from .tasks.ngram import ngram_bits
from .tasks.text import default_text, read_text

__all__ = ["main"]


def _text(network: Network, path: Path | None, *, whole: bool) -> None:
    text = default_text() if path is None else read_text(path)
    if text.note:
        print(f"note: {text.note}")
    trained_on = network.card.get("data")
    if isinstance(trained_on, dict) and trained_on.get("sha256") != text.sha256:
        print(f"note: the network was trained on another text: {trained_on.get('name')}")
    data = text.data if whole else text.held_out
    figures = score(network, data)
    part = "the whole text" if whole else "the last tenth"
    print(
        f"{text.name}, {part}: {figures.bits:.4f} bits per character over {figures.characters} characters, {figures.saturations} saturated"
    )
    if not whole:
        table = ", ".join(f"{order}-gram {bits:.3f}" for order, bits in ngram_bits(text.train, text.held_out).items())
        print(f"beside it, interpolated n-grams on the same split: {table}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.eval", description=__doc__)
    parser.add_argument("network", help=f"a file, or one of: {', '.join(shipped_networks())}")
    parser.add_argument("--text", type=Path, help="for a text network: any file (default: Python's own help topics)")
    parser.add_argument("--whole", action="store_true", help="score the whole text, not only its last tenth")
    parser.add_argument("--data", type=Path, help="for an mnist network: the folder of the IDX files")
    arguments = parser.parse_args(argv)
    try:
        network = load(find_network(arguments.network))
        print(f"{arguments.network}: {network.kind}, n={network.n}, {network.table_bytes()} bytes of tables")
        for name in ("command", "seed"):
            if name in network.card:
                print(f"{name}: {network.card[name]}")
        if isinstance(network, TextNetwork):
            if arguments.data is not None:
                raise NetworkError("--data is for image networks, and this is a text network")
            _text(network, arguments.text, whole=arguments.whole)
        else:
            if arguments.text is not None:
                raise NetworkError("--text is for text networks, and this is an image network")
            for name, value in image_task.evaluate(network, data=arguments.data).items():
                print(f"{name}: {value}")
    except (NetworkError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
