"""What the outputs of a network stand for, as C: classes by name, numbers by an affine map, or a threshold; and the way there."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from .text import SIZES, array, encoded, quoted, string

OUTPUTS_HEADER = """/* The latencies of all outputs, at readings. */
polychron_result {name}_outputs(polychron_link *link, const {name}_reading *readings,
                                int16_t *outputs);
"""
OUTPUTS = """polychron_result {name}_outputs(polychron_link *link, const {name}_reading *readings,
                                int16_t *outputs) {{
    int16_t latencies[{capitals}_INPUTS];
    uint8_t earliest;
    {name}_latencies(readings, latencies);
    const polychron_result result = polychron_classify(link, &{name}, latencies, &earliest);
    if (result != POLYCHRON_OK)
        return result;
    return polychron_read_latencies(link, {name}.output, outputs, {capitals}_OUTPUTS);
}}
"""
CLASSES_HEADER = """/* A class's probability is exp(-its output's latency * this) over the sum of all classes'. */
#define {capitals}_NATS {nats!r}

/* The class of readings: {name}_classes[*winner]. */
polychron_result {name}_classify(polychron_link *link, const {name}_reading *readings,
                                 uint8_t *winner);
"""
CLASSIFY = """polychron_result {name}_classify(polychron_link *link, const {name}_reading *readings,
                                 uint8_t *winner) {{
    int16_t latencies[{capitals}_INPUTS];
    {name}_latencies(readings, latencies);
    return polychron_classify(link, &{name}, latencies, winner);
}}
"""
NUMBER = """/* The number that an output's latency stands for. */
static inline double {name}_number(uint16_t target, int16_t latency) {{
    return {name}_offset[target] + {name}_scale[target] * latency;
}}
"""


class Answers(ABC):
    @property
    @abstractmethod
    def count(self) -> int:
        """Outputs."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Bytes of constants, pointers aside."""

    def header(self, name: str) -> list[str]:
        """Their parts of NAME.h."""
        first, *more = self._meaning(name)
        return [f"#define {name.upper()}_OUTPUTS {self.count}\n{first}", *more, OUTPUTS_HEADER.format(name=name)]

    def source(self, name: str) -> list[str]:
        """Their parts of NAME.c."""
        return [*self._constants(name), OUTPUTS.format(name=name, capitals=name.upper())]

    @abstractmethod
    def _meaning(self, name: str) -> list[str]:
        """Of the outputs, for NAME.h."""

    @abstractmethod
    def _constants(self, name: str) -> list[str]:
        """For NAME.c."""


@dataclass(frozen=True, kw_only=True)
class ClassNames(Answers):
    """``names`` of the classes; ``nats``: of one unit of latency, at the temperature if there is one."""

    names: Sequence[str]
    nats: float

    @property
    def count(self) -> int:
        return len(self.names)

    @property
    def size(self) -> int:
        return sum(len(encoded(name)) + 1 for name in self.names)

    def _declared(self, name: str) -> str:
        return f"extern const char *const {name}_classes[{name.upper()}_OUTPUTS]; /* UTF-8 */\n"

    def _listed(self, name: str) -> str:
        listed = "".join(f"    {string(label)},\n" for label in self.names)
        return f"const char *const {name}_classes[] = {{\n{listed}}};\n"

    def _meaning(self, name: str) -> list[str]:
        return [self._declared(name), CLASSES_HEADER.format(name=name, capitals=name.upper(), nats=self.nats)]

    def _constants(self, name: str) -> list[str]:
        return [self._listed(name), CLASSIFY.format(name=name, capitals=name.upper())]


@dataclass(frozen=True, kw_only=True)
class Targets(Answers):
    """A latency stands for ``offset`` + ``scale`` * latency, a number of each target. ``names`` of the targets, or None."""

    offset: Sequence[float]
    scale: Sequence[float]
    names: Sequence[str] | None

    @property
    def count(self) -> int:
        return len(self.offset)

    @property
    def size(self) -> int:
        return SIZES["double"] * 2 * self.count

    def _meaning(self, name: str) -> list[str]:
        told = "".join(f" *   {number} {quoted(target)}\n" for number, target in enumerate(self.names or ()))
        targets = "/* A target each: its number is offset + scale * latency."
        listed = f"{targets}\n{told} */\n" if told else f"{targets} */\n"
        size = f"[{name.upper()}_OUTPUTS]"
        return [f"{listed}extern const double {name}_offset{size}, {name}_scale{size};\n", NUMBER.format(name=name)]

    def _constants(self, name: str) -> list[str]:
        pairs = (("offset", self.offset), ("scale", self.scale))
        return [array("double", f"{name}_{what}", map(float.hex, values), shared=True) for what, values in pairs]


@dataclass(frozen=True, kw_only=True)
class Threshold(Answers):
    """An output later than ``latency`` is an anomaly. ``normal``: the label of the samples that are none, or None."""

    latency: int
    normal: str | None

    @property
    def count(self) -> int:
        return 1

    @property
    def size(self) -> int:
        return 0

    def _meaning(self, name: str) -> list[str]:
        called = "" if self.normal is None else f"; what is none is {quoted(self.normal)}"
        return [f"/* A later output is an anomaly{called}. */\n#define {name.upper()}_THRESHOLD ({self.latency})\n"]

    def _constants(self, name: str) -> list[str]:
        return []
