"""What a network is read from: the header and the arrays of a file, each taken once."""

from typing import Any

import numpy.typing as npt

from .layer import Layer, NetworkError, TableGroup

Arrays = dict[str, npt.NDArray[Any]]


def typed(values: dict[str, Any], name: str, kind: type) -> Any:
    """A field of JSON values of type ``kind``, else ``NetworkError``."""
    value = values.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise NetworkError(f"header field {name} must be {kind.__name__}, not {value!r:.60}")
    return value


class Source:
    """``header``: JSON values, not checked; ``left``: the arrays that have not been taken yet."""

    def __init__(self, header: dict[str, Any], arrays: Arrays) -> None:
        self.header = header
        self.left = dict(arrays)

    def field(self, name: str, kind: type) -> Any:
        """A field of the header."""
        return typed(self.header, name, kind)

    def take(self, name: str) -> npt.NDArray[Any]:
        """An array, which must be there."""
        if name not in self.left:
            raise NetworkError(f"array {name} is missing")
        return self.left.pop(name)

    def hidden(self) -> tuple[Layer, ...]:
        """All plain layers but the output."""
        return tuple(self.layer(f"hidden.{index}") for index in range(len(self.field("layers", dict)) - 1))

    def layer(self, name: str) -> Layer:
        """A plain layer."""
        values = typed(self.field("layers", dict), name, dict)
        count = typed(values, "groups", int)
        groups = [
            TableGroup(anchors=self.take(f"{name}.group.{index}.anchors"), tables=self.take(f"{name}.group.{index}.tables"))
            for index in range(min(count, len(self.left) + 1))
        ]
        return Layer(groups=tuple(groups), bits=typed(values, "bits", int), shift=typed(values, "shift", int))
