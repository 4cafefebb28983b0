"""LutClassifier on its core beside boosted trees by conifer and a small network by da4ml, each a circuit: accuracy, cells, clocks.

python -m benchmarks.peers [SET ...]    (docs/reference/peers.md says what to install)

What a model is like is chosen by cross-validation of the part that is trained on; what is held out is looked at once. Scores and class of
every held-out sample come from the simulated circuit and must be those of the integer model.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from golden.tasks.tables.classify import accuracies
from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.terminal import say

from . import mlp, ours, trees
from .choice import Candidate, Tried, best, different, fitting
from .circuit import Circuit
from .data import SETS, Integers, Set
from .flow import placed, simulated

app = make_app(
    "python -m benchmarks.peers",
    "Compare LutClassifier on its core with boosted trees and a small network that are circuits of their own.",
    examples=["python -m benchmarks.peers", "python -m benchmarks.peers magic --seeds 1 --report build/icebreaker/report.json"],
)


def share(due: Integers, found: Integers) -> str:
    """The accuracy, and its interval at 95 % (Wilson's)."""
    told = accuracies(due, found)
    right, low, high = (100 * told[f"accuracy_{name}"] for name in ("integer", "low", "high"))
    return f"{right:.2f} % ({low:.1f} to {high:.1f})"


def checked(circuit: Circuit, scores: Integers, found: Integers, part: Set, folder: Path) -> None:
    """Raises ``ValueError`` unless the simulated circuit gives these scores and classes of what is held out, each in its clock."""
    seen = simulated(circuit, part.test.codes, bits=part.bits, folder=folder, note=say)
    due = [[*row, label, circuit.delay] for row, label in zip(scores.tolist(), found.tolist(), strict=True)]
    if (place := different(due, [[*one.scores, one.label, one.delay] for one in seen])) is not None:
        raise ValueError(f"the circuit differs from its integer model: {place}")


@dataclass(frozen=True, kw_only=True)
class Job:
    """Where a peer's circuit is made, and how often it is placed."""

    part: Set
    seeds: int
    folder: Path

    def tell(self, name: str, circuit: Circuit, scores: Integers) -> None:
        """What a peer gets right, and its circuit, whose every score and class is compared first."""
        part, found = self.part, trees.label(scores)
        print(f"{name}: held out {share(part.test.y, found)}", flush=True)
        checked(circuit, scores, found, part, self.folder)
        print(f"  scores and classes of all {len(found):,} held-out samples are those of the integers")
        print(f"  {part.inputs} clocks to take a sample, {circuit.delay} more to its class")
        print(f"  {placed(circuit, bits=part.bits, seeds=range(1, self.seeds + 1), folder=self.folder, note=say)}", flush=True)


def chosen(tried: Mapping[Candidate, Tried], limit: float) -> Candidate:
    """The best that costs no more than ``limit``; it is told, and so is the best of all."""
    choice = fitting(tried, limit=limit)
    for what, one in (("chosen", choice), ("best of any size", best(tried))):
        print(f"{what}: {one}, cost {np.mean(tried[one].costs):,.0f}, {100 * tried[one].mean:.2f} % in cross-validation", flush=True)
    return choice


def of_lut(job: Job) -> None:
    own = ours.measured(job.part)
    print(f"LutClassifier: held out {share(job.part.test.y, own.found)}")
    print(f"  {own.loading:,} clocks to load the inputs byte by byte, {own.clocks} more to its class")
    print(f"  {own.table_bytes:,} bytes of tables, an image of {own.image_bytes:,}", flush=True)


def of_trees(job: Job) -> None:
    ensemble = trees.fitted(job.part, chosen(trees.judged(job.part), trees.SPLITS))
    circuit = trees.circuit(ensemble, bits=job.part.bits, folder=job.folder / "conifer")
    job.tell("boosted trees, conifer", circuit, trees.scores(ensemble, job.part.test.codes))


def of_mlp(job: Job) -> None:
    train = job.part.train
    model = mlp.trained(train.codes, train.y, chosen(mlp.judged(job.part), mlp.DIGITS), bits=job.part.bits)
    circuit = mlp.circuit(model, highest=int(train.codes.max()), folder=job.folder / "da4ml")
    job.tell("small network, da4ml", circuit, mlp.scores(model, job.part.test.codes))


MODELS: dict[str, Callable[[Job], None]] = {"lut": of_lut, "trees": of_trees, "mlp": of_mlp}


@app.default
def compare(
    sets: Annotated[tuple[str, ...], option(f"data sets, of {', '.join(SETS)}; left out: all", metavar="SET")] = (),
    /,
    *,
    models: Annotated[tuple[str, ...], option(f"which models, of {', '.join(MODELS)}; left out: all", metavar="MODEL")] = (),
    seeds: Annotated[int, option("of place and route of each circuit", low=1, high=100)] = 3,
    report: Annotated[Path | None, option("report.json of a build of the iCEBreaker, for the cells of the core", metavar="FILE")] = None,
    out: Annotated[Path | None, option("folder in which the peers' files are kept", metavar="FOLDER")] = None,
) -> None:
    """Some lines a set."""
    for what, given, known in (("the set", sets, SETS), ("--models", models, MODELS)):
        for name in given:
            if name not in known:
                raise ValueError(f"{what} must be one of {', '.join(known)}, not {name}")
    built = None if report is None else _report(report)
    with tempfile.TemporaryDirectory() as temporary:
        for name in sets or SETS:
            compared(name, models or tuple(MODELS), seeds, (out or Path(temporary)) / name)
    if built is not None:
        print(f"the core: {ours.told(built)}")


def compared(name: str, models: Sequence[str], seeds: int, folder: Path) -> None:
    """All about a set."""
    part = SETS[name]()
    print(
        f"{name}: {len(part.train.y):,} samples to train on, {len(part.test.y):,} held out, {part.inputs} inputs, {part.classes} classes",
        flush=True,
    )
    for model in models:
        MODELS[model](Job(part=part, seeds=seeds, folder=folder / model))


def _report(path: Path) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"--report: {path} can't be read: {error}") from None
    return found


def main(argv: list[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
