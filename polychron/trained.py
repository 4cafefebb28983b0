"""A trained network: what is known of it, and what it predicts."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from golden.integer.deep import DeepNetwork, classifier, deep_forward
from golden.integer.file import save_network
from golden.integer.latencies import LatencyNetwork
from golden.integer.layer import Int16, NetworkError
from golden.integer.network import Network as IntegerNetwork
from golden.integer.signal import SignalNetwork, signal_outputs
from golden.integer.stream import text_network
from golden.integer.symbols import encode

from .command.terminal import printable
from .system.files import read_input
from .system.progress import under_way


@dataclass(frozen=True, kw_only=True)
class Score:
    """Bits per character over ``characters`` bytes of a text, and the neurons that saturated on the way."""

    bits: float
    characters: int
    saturations: int

    def __str__(self) -> str:
        return f"{self.bits:.4f} bits per character over {self.characters} characters, {self.saturations} saturated"


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A network of integers, as it runs on the core bit for bit.

    ``integer``: its anchors and tables (docs/reference/numbers.md). ``path``: its file, or None where it was made of arrays.
    """

    integer: IntegerNetwork
    name: str
    path: Path | None = None

    def __str__(self) -> str:
        return f"{printable(self.name)}: {self.integer.kind}, n={self.integer.n}, {self.integer.table_bytes()} bytes of tables"

    @property
    def summary(self) -> str:
        """The network in a line, then its layers, the command that trained it, and the figures it was saved with, each a line."""
        lines = [str(self)]
        for name, layer in self.integer.layers().items():
            tables = " + ".join(f"{group.n_t} x 2^{group.n_c}" for group in layer.groups)
            lines.append(f"  {name}: {tables} rows of {layer.n_out}, int{layer.bits}")
        card = {name: self.integer.card[name] for name in ("command", "seed") if name in self.integer.card}
        return "\n".join(lines + [f"  {printable(name)}: {printable(value)}" for name, value in (card | self.figures).items()])

    @property
    def figures(self) -> dict[str, float]:
        """What was measured when it was saved, such as ``bits_per_character``."""
        found = self.integer.card.get("figures")
        return dict(found) if isinstance(found, dict) else {}

    @property
    def inputs(self) -> int:
        """Latencies that a classifier takes, or a signal network at each step: none of its state's neurons, nor of the constant ones."""
        return self._taking().n_in

    def sha256(self) -> str:
        """Of its file, or of the file that :meth:`save` would write."""
        if self.path is not None:
            return hashlib.sha256(read_input(self.path)).hexdigest()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.safetensors"
            self.save(path)
            return hashlib.sha256(path.read_bytes()).hexdigest()

    def save(self, path: Path | str) -> None:
        """Write a network file, which ``polychron.load`` and every command take."""
        save_network(self.integer, Path(path))

    def predict(self, x: str | bytes | npt.ArrayLike) -> Int16:
        """Output latencies, bit for bit those of the core; the smallest of a row, the earliest spike, is the class or the next symbol.

        Of a classifier: ``x`` (batch, inputs) latencies of 16 bits; (batch, classes). Of a signal network: ``x`` (steps, inputs), one
        signal; (steps, outputs). Of a text network: ``x`` a text, (bytes, symbols), a row after each byte.
        """
        if isinstance(self.integer, SignalNetwork):
            return signal_outputs(self.integer, self.latencies(np.asarray(x))[None])[0]
        if isinstance(self.integer, DeepNetwork):
            return deep_forward(self.integer, self.latencies(np.asarray(x))).states[-1]
        if not isinstance(x, str | bytes):
            raise NetworkError(f"{self.name} is a text network: it reads a text, not {type(x).__name__}")
        from golden.compiled.stream import stream_outputs

        network, names = text_network(self.integer)
        symbols = encode(names, x.encode() if isinstance(x, str) else x)
        outputs, _ = stream_outputs(network, np.append(symbols, symbols[-1:]))
        return outputs[1:]

    def latencies(self, x: npt.NDArray[np.generic]) -> Int16:
        """``x`` (batch, inputs), of a signal (steps, inputs), as latencies; refused where it has another shape or does not fit 16 bits."""
        if x.ndim != 2 or x.shape[1] != self.inputs or not np.issubdtype(x.dtype, np.integer):
            raise NetworkError(f"x must be whole numbers (batch, {self.inputs}), not {x.dtype} {x.shape}")
        narrow = x.astype(np.int16)
        if not np.array_equal(narrow, x):
            raise NetworkError("x must be latencies of -32768..32767")
        return narrow

    def _taking(self) -> LatencyNetwork:
        return self.integer if isinstance(self.integer, SignalNetwork) else classifier(self.integer, name=self.name)

    def score(self, text: str | bytes) -> Score:
        """Bits per character of a text network over ``text``, one stream, every byte counted (docs/user/train.md)."""
        from golden.compiled.stream import score

        data = text.encode() if isinstance(text, str) else text
        with under_way(f"scoring {len(data):,} characters"):
            found = score(self.integer, data)
        return Score(bits=found.bits, characters=found.characters, saturations=found.saturations)

    def accuracy(self, *, data: Path | str | None = None) -> dict[str, Any]:
        """Of a classifier: how many held-out ``images``, ``samples`` or ``signals`` there are, and the part of them it gets right
        (``accuracy_integer``); of a regression ``r2`` and ``targets``, of a detector of anomalies ``roc_auc`` (docs/user/json.md).
        ``data``: the folder of MNIST's files, or samples as ``polychron train classify`` takes them."""
        from golden.tasks.scoring import evaluate

        with under_way("scoring what was held out"):
            return evaluate(self.integer, data=None if data is None else Path(data))
