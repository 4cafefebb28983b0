"""``python -m golden.rounding NETWORK --text FILE``: what rounding costs: the float network kept in a file, as float, int8 and int4."""

import argparse
import sys
from pathlib import Path

from .compiled.stream import score
from .integer.file import load, load_extra
from .integer.layer import NetworkError
from .integer.stream import text_network
from .model.quantise import RecurrentRounding, quantise_rnn, search_rounding
from .model.rnn import Rnn
from .tasks.language import float_bits
from .tasks.text import Text, default_text, read_text
from .training.recurrent import Recurrent

__all__ = ["main", "rounded_bits"]


def rounded_bits(model: Rnn, symbols: tuple[int, ...], text: Text, *, bits: int) -> tuple[float, RecurrentRounding]:
    """Bits per character of the last tenth of ``text`` with tables rounded to nearest, not trained after, and the rounding.

    ``bits``: width of all tables; the embedder stays int8. The units are chosen on the end of the first nine tenths.
    """
    widths = RecurrentRounding(hidden_unit=1.0, output_unit=1.0, hidden_bits=bits, embed_bits=8, output_bits=bits)
    sample = text.train[-Recurrent.search_bytes :]

    def bits_of(rounding: RecurrentRounding, data: bytes) -> float:
        return score(quantise_rnn(model, rounding, symbols=symbols, card={}), data).bits

    rounding = search_rounding(model, widths, lambda units: bits_of(units, sample))
    return bits_of(rounding, text.held_out), rounding


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.rounding", description=__doc__)
    parser.add_argument("network", type=Path, help="a text network saved with its float network (golden.train without --no-float)")
    parser.add_argument("--text", type=Path, help="any file; its last tenth is held out (default: Python's own help topics)")
    arguments = parser.parse_args(argv)
    try:
        symbols = text_network(load(arguments.network))[1]
        arrays = load_extra(arguments.network)
        if not arrays:
            raise NetworkError(f"{arguments.network}: carries no float text network (it was saved with --no-float)")
        model = Rnn.from_arrays(arrays)
        text = default_text() if arguments.text is None else read_text(arguments.text)
        exact = float_bits(Recurrent(), model, symbols, text.held_out)
        print(f"float: {exact:.4f} bits per character of the last tenth of {text.name}")
        for bits in (8, 4):
            found, rounding = rounded_bits(model, symbols, text, bits=bits)
            units = f"units {rounding.hidden_unit:g} (hidden tables, embedder) and {rounding.output_unit:g} (output tables)"
            print(f"int{bits}: {found:.4f}, {found - exact:+.4f}; {units}")
    except (NetworkError, KeyError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
