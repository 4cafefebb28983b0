"""A network for somebody's own data, as C: the way from readings to what its outputs stand for."""

from dataclasses import dataclass

from .answers import Answers
from .readings import Readings


@dataclass(frozen=True, kw_only=True)
class Meaning:
    readings: Readings
    answers: Answers

    @property
    def guard(self) -> str:
        """What NAME.c refuses to be compiled with."""
        return self.readings.guard

    def header(self, name: str) -> str:
        """Their part of NAME.h."""
        start, end = '#ifdef __cplusplus\nextern "C" {\n#endif\n', "#ifdef __cplusplus\n}\n#endif\n\n"
        return "\n".join([start, *self.readings.header(name), *self.answers.header(name), end])

    def source(self, name: str) -> str:
        """Their part of NAME.c."""
        return "".join(f"\n{part}" for part in (*self.readings.source(name), *self.answers.source(name)))
