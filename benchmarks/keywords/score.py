"""How many of the spoken words that a network has never heard it tells: a keyword, or `other` for all that is none.

python -m benchmarks.keywords.score NETWORK DIR [--train DIR]

DIR: a folder of recordings of unseen voices, as benchmarks.keywords.speak leaves it. With the folder that was trained on, scikit-learn's
classifiers are fitted to the same features, each recording stretched to 16 steps.
"""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from golden.tasks.tables.classify import accuracies
from golden.tasks.tables.read import Samples, read_samples
from golden.tasks.tables.signals import Signals
from golden.tasks.tables.stream import Stream, stretched
from golden.tasks.tables.target import Labels
from polychron import StreamClassifier
from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.terminal import printable
from polychron.system.progress import under_way

from .words import KEYWORDS, OTHER

STEPS = 16

app = make_app(
    "python -m benchmarks.keywords.score",
    "Score a network of words as a spotter of ten keywords.",
    examples=["python -m benchmarks.keywords.score kw.safetensors keywords/unseen --train keywords/train"],
)

Words = npt.NDArray[Any]


def merged(words: Words) -> Words:
    """(recordings,) words with all that are no keywords as one."""
    return np.where(np.isin(words.astype(str), KEYWORDS), words.astype(str), OTHER)


def recordings(folder: Path) -> Samples:
    """Of a folder: signals, their words, and their speakers."""
    return read_samples(folder, Labels(texts=True), target=None, group=None, signals=Signals(series=None))


@app.default
def score(
    network: Annotated[Path, option("a network that polychron train stream has made of a folder of words", metavar="NETWORK")],
    folder: Annotated[Path, option("recordings of unseen voices", metavar="DIR")],
    /,
    *,
    train: Annotated[Path | None, option("the recordings that were trained on, to fit others to them, too", metavar="DIR")] = None,
) -> None:
    import pandas
    from sklearn.metrics import confusion_matrix

    model, held = StreamClassifier.load(network), recordings(folder)
    due, found = merged(held.answers), merged(model.predict(held.x))
    _tell("this network", due, found)
    if held.groups is not None:
        for speaker in np.unique(held.groups.astype(str)):
            some = held.groups == speaker
            _tell(f"  {printable(speaker)}", due[some], found[some])
    keywords = due != OTHER
    told, left = int((due == found)[keywords].sum()), int((found == OTHER)[~keywords].sum())
    print(f"{told} of {keywords.sum()} keywords told; {left} of {(~keywords).sum()} others left alone")
    names = [*KEYWORDS, OTHER]
    matrix = confusion_matrix(due, found, labels=names)
    print(pandas.DataFrame(matrix, index=names, columns=pandas.Index(names, name="taken for")).to_string())
    cost = model.network_.compile(board="icebreaker").estimate()
    print(f"{model.network_.integer.table_bytes():,} bytes of tables; {cost.clocks_per_step} clocks a step on an iCEBreaker")
    if train is not None:
        _others(recordings(train), held, due)


def _tell(name: str, due: Words, found: Words) -> None:
    figures = accuracies(due, found)
    between = f"{figures['accuracy_low']:.1%} to {figures['accuracy_high']:.1%}"
    print(f"{name}: {figures['accuracy_integer']:.1%} of {len(due)} right (95 % interval {between})", flush=True)


def _others(train: Samples, held: Samples, due: Words) -> None:
    """Each learns the words, as the network does."""
    x, asked = (stretched(samples.x, STEPS) for samples in (train, held))
    warnings.simplefilter("ignore")  # such as of a regression that has not converged
    for name, model in Stream().peers():
        with under_way(f"fitting {name}"):
            found = model.fit(x, train.answers).predict(asked)
        _tell(name, due, merged(found))


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
