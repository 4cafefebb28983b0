"""``python -m golden.rounding NETWORK --text FILE``: what rounding costs: the float network kept in a file, as float, int8 and int4."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.terminal import printable

from .integer.file import load, load_extra
from .integer.layer import NetworkError
from .tasks.text import read_text

app = make_app(
    "python -m golden.rounding",
    "What rounding costs: the float network kept in a file, as float, int8 and int4.",
    examples=["python -m golden.rounding mine.safetensors --text FILE"],
)


@app.default
def rounding(
    network: Annotated[Path, option("a text network saved with its float network (without --no-float)", metavar="FILE")],
    /,
    *,
    text: Annotated[Path | None, option("any file; its last tenth is held out. Left out: Python's own help topics", metavar="FILE")] = None,
) -> None:
    from .compiled.stream import score
    from .model.quantise import RecurrentRounding, quantise_rnn, search_rounding
    from .model.rnn import Rnn
    from .tasks.language import float_bits
    from .training.architectures.recurrent import Recurrent

    symbols, arrays = load(network).byte_symbols(), load_extra(network)
    if symbols is None or not arrays:
        raise NetworkError(f"{network}: carries no float text network (it was saved with --no-float)")
    try:
        model = Rnn.from_arrays(arrays)
    except KeyError as error:
        raise NetworkError(f"{network}: its float network lacks {error}") from None
    data = read_text(text)
    exact = float_bits(Recurrent(), model, symbols, data.held_out)
    print(f"float: {exact:.4f} bits per character of the last tenth of {printable(data.name)}")
    sample = data.train[-Recurrent.search_bytes :]

    def bits_of(units: RecurrentRounding, part: bytes) -> float:
        return score(quantise_rnn(model, units, symbols=symbols, card={}), part).bits

    for bits in (8, 4):  # of all tables but the embedder, which stays int8; nothing is trained after
        widths = RecurrentRounding(hidden_unit=1.0, output_unit=1.0, hidden_bits=bits, embed_bits=8, output_bits=bits)
        units = search_rounding(model, widths, lambda units: bits_of(units, sample))
        rounded = bits_of(units, data.held_out)
        with_units = f"units {units.hidden_unit:g} (hidden tables, embedder) and {units.output_unit:g} (output tables)"
        print(f"int{bits}: {rounded:.4f}, {rounded - exact:+.4f}; {with_units}")


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
