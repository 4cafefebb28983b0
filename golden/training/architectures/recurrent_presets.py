"""Recurrent networks to train: their options, and ready-made shapes."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

from ..options import LanguageOptions, integer_option, shape_option, tables_option

Tables = tuple[int, int]
Width = Literal[4, 8]


@dataclass(frozen=True, kw_only=True)
class RecurrentOptions(LanguageOptions):
    """A recurrent network (Eq. 11) and how to train it. Units None: searched for."""

    opened: ClassVar[dict[str, tuple[str, ...]]] = {"bits": ("hidden_unit", "output_unit")}

    n: Annotated[int, shape_option("neurons", low=2, high=32767)] = 256
    hidden: Annotated[Tables, tables_option("hidden tables and anchor pairs of each, such as 16x10")] = (20, 5)
    output: Annotated[Tables, tables_option("output tables, likewise")] = (32, 5)
    hidden_unit: Annotated[float | None, integer_option("unit of hidden tables and embedder, a power of two")] = None
    output_unit: Annotated[float | None, integer_option("unit of the output tables, likewise")] = None
    hidden_bits: Annotated[Width, integer_option("width of the hidden tables")] = 4
    embed_bits: Annotated[Width, integer_option("width of the embedder")] = 8
    output_bits: Annotated[Width, integer_option("width of the output tables")] = 4
    hidden_most: Annotated[
        float | None, integer_option("largest magnitude of a rounded hidden entry; left out: the width's", low=2.0**-12, high=32767)
    ] = None

    def bytes_read(self, *, n_sym: int) -> int:
        """Bytes of rows read a character: one of each table and of the embedder, without padding."""
        bits = self.n * (self.hidden[0] * self.hidden_bits + self.embed_bits) + n_sym * self.output[0] * self.output_bits
        return bits // 8


UNITS: dict[str, Any] = {"hidden_unit": 1 / 8, "output_unit": 1 / 16}
GROWN: dict[str, Any] = {"grow": 4, "grown": 0.8, "recent": 0.12, "soften": 6 / 7}
RECURRENT_PRESETS = {
    "icebreaker": RecurrentOptions(about="fills the 128 KiB of SPRAM of an iCE40 UP5K exactly", every_row=True, **UNITS),
    "small": RecurrentOptions(about="52 KiB, for a first try", n=128, hidden=(16, 5), output=(24, 4), every_row=True, **UNITS),
    "paper-rnn": RecurrentOptions(
        about="the paper's RNN (Table I), 5 MB, from flash",
        n=64,
        hidden=(64, 10),
        output=(32, 9),
        hidden_bits=8,
        hidden_unit=1 / 32,
        output_unit=1 / 16,
        hidden_most=7 / 8,
        anchors="grouped",
        **GROWN,
    ),
    "best-5m": RecurrentOptions(
        about="as many bytes and as much traffic as the paper's RNN, in the shape that learns best",
        n=512,
        hidden=(14, 10),
        output=(32, 9),
        rate=0.005,
        **UNITS,
        **GROWN,
    ),
}
RECURRENT_PRESETS = {name: replace(options, preset=name) for name, options in RECURRENT_PRESETS.items()}
