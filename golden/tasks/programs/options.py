"""Networks that complete programs: their options, and ready-made shapes."""

from dataclasses import dataclass, fields
from typing import Annotated, Any, TypeVar

from ...programs.options import WorldOptions
from ...training.architectures.recurrent_presets import RECURRENT_PRESETS, RecurrentOptions
from ...training.architectures.transformer_presets import TRANSFORMER_PRESETS, TransformerOptions
from ...training.options import LanguageOptions, file_option


@dataclass(frozen=True, kw_only=True)
class RecurrentPrograms(WorldOptions, RecurrentOptions):
    """A recurrent network, and the programs that it is trained on."""

    text: Annotated[None, file_option("programs are no file", parse=False)] = None


@dataclass(frozen=True, kw_only=True)
class TransformerPrograms(WorldOptions, TransformerOptions):
    """A transformer, and the programs that it is trained on."""

    text: Annotated[None, file_option("programs are no file", parse=False)] = None


Made = TypeVar("Made", RecurrentPrograms, TransformerPrograms)


def _like(kind: type[Made], base: LanguageOptions, **changes: Any) -> Made:
    """``base``, which is for texts; programs have no last tenth that counts more, and nothing to soften."""
    same = {field.name: getattr(base, field.name) for field in fields(base) if field.name != "text"}
    return kind(**same | {"recent": 0.0, "soften": 1.0} | changes)


RECURRENT_PROGRAMS = {
    "spram": _like(
        RecurrentPrograms, RECURRENT_PRESETS["icebreaker"], preset="spram", about="128 KiB, the SPRAM of an iCE40 UP5K", every_row=False
    ),
    "flash": _like(RecurrentPrograms, RECURRENT_PRESETS["best-5m"], preset="flash", about="4 MB, from the flash of an iCEBreaker"),
}
TRANSFORMER_PROGRAMS = {
    "spram": _like(TransformerPrograms, TRANSFORMER_PRESETS["spram"], preset="spram", about="124 KiB, for the SPRAM of an iCE40 UP5K"),
    "flash": _like(TransformerPrograms, TRANSFORMER_PRESETS["paper"], preset="flash", about="3.5 MB, from the flash of an iCEBreaker"),
}
