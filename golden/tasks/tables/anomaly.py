"""Anomalies among the rows of a table: the area under the ROC curve with its interval, what the threshold finds, and others' beside it.

Where samples have labels, one of them is that of normal samples, and these alone are trained on (novelty detection). Where they have none,
all are trained on as they are (outlier detection), and nothing but the share that is called anomalous can be told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable

from ...integer.layer import Int16, NetworkError
from ...model.layer import Floats
from ..fitting.card import Fitted
from ..fitting.counting import Counting
from ..fitting.outputs.base import Answers
from ..fitting.outputs.rarity import Rarity
from ..fitting.quantiles import Numbers
from ..fitting.training import Training
from ..inputs import Latencies
from ..interval import interval
from .kind import Judge, Kind, Peer
from .labels import are_texts, numbered
from .options import AnomalyOptions
from .read import Samples, some
from .target import Labels, OptionalLabels, Target


def area(anomalies: Numbers, normal: Numbers, axis: int = -1) -> Numbers:
    """The area under the ROC curve: the share of pairs, along ``axis``, in which the anomaly is the rarer one; half of those as rare."""
    from scipy.stats import rankdata

    count, others = anomalies.shape[axis], normal.shape[axis]
    ranks = rankdata(np.concatenate([anomalies, normal], axis=axis), axis=axis)
    total = np.take(ranks, np.arange(count), axis=axis).sum(axis=axis)
    return np.asarray((total - count * (count + 1) / 2) / (count * others))


def with_interval(anomalies: Numbers, normal: Numbers) -> dict[str, float | None]:
    """``roc_auc`` and the ends of its interval over the samples of either kind; none of a kind with fewer than two samples."""
    found: dict[str, float | None] = {"roc_auc": round(float(area(anomalies, normal)), 4), "roc_auc_low": None, "roc_auc_high": None}
    if min(len(anomalies), len(normal)) < 2:
        return found
    low, high = interval(area, anomalies, normal)
    return found | {"roc_auc_low": round(float(low), 4), "roc_auc_high": round(float(high), 4)}


@dataclass(frozen=True, kw_only=True)
class AnomalyJudge(Judge):
    """``anomalous``: (samples,), or None where the samples have no labels. ``outputs`` of the network."""

    anomalous: npt.NDArray[np.bool_] | None
    outputs: Rarity

    def found(self, outputs: Int16 | Floats) -> Answers:
        """How rare samples are: latencies."""
        return -self.outputs.scores(outputs)

    def figures(self, found: Answers) -> dict[str, Any]:
        """None of an area, where there are not both kinds of samples."""
        if self.anomalous is None:
            return {}
        if self.anomalous.all() or not self.anomalous.any():
            return dict.fromkeys(("roc_auc", "roc_auc_low", "roc_auc_high"))
        return with_interval(found[self.anomalous], found[~self.anomalous])

    def of_network(self, outputs: Int16 | Floats) -> dict[str, Any]:
        """Besides, what is called anomalous at the network's threshold."""
        return self.figures(self.found(outputs)) | self._called(outputs)

    def _called(self, outputs: Int16 | Floats) -> dict[str, Any]:
        """The share of anomalies that are called so, ``detected``, and that of other samples, ``false_alarms``; None of a kind that isn't
        there. Without labels ``called``, that of all."""
        called = self.outputs.answers(outputs, unit=1.0) < 0
        if self.anomalous is None:
            return {"called": round(float(called.mean()), 4)}
        anomalous = self.anomalous[: len(outputs)]
        kinds = {"detected": called[anomalous], "false_alarms": called[~anomalous]}
        return {name: round(float(some.mean()), 4) if len(some) else None for name, some in kinds.items()}

    def score(self, outputs: Int16 | Floats) -> dict[str, Any]:
        return {name: value for name, value in self.of_network(outputs).items() if name not in ("roc_auc_low", "roc_auc_high")}

    def tell(self, outputs: Int16 | Floats, chosen: Sequence[int]) -> tuple[str, dict[str, Any]]:
        """Which samples are called anomalous, without an area, of which a few samples say little."""
        called = self.outputs.answers(outputs, unit=1.0) < 0
        phrase = f"{int(called.sum())} called anomalies"
        if self.anomalous is not None:
            anomalous = self.anomalous[: len(called)]
            right, wrong = (f"{int(called[kind].sum())} of {int(kind.sum())}" for kind in (anomalous, ~anomalous))
            phrase += f": {right} that are, {wrong} that are not"
        return phrase, {"anomalies": called.tolist(), **self._called(outputs)}

    def report(self, outputs: Int16 | Floats, others: Sequence[Peer]) -> None:
        """The area, that of others, and what the threshold finds."""
        called = self._called(outputs)
        if self.anomalous is None:
            print(f"held out: {called['called']:.2%} of the samples are called anomalies")
            return
        for name, given in (Peer("this network", self.found(outputs)), *others):
            own = self.figures(given)
            if own["roc_auc"] is not None:
                low, high = own["roc_auc_low"], own["roc_auc_high"]
                between = "" if low is None else f" (95 % interval by the bootstrap {low:.4f} to {high:.4f})"
                print(f"held out, {name}: ROC AUC {own['roc_auc']:.4f}{between}")
        for key, kind, count in (
            ("detected", "anomalies", int(self.anomalous.sum())),
            ("false_alarms", "others", int((~self.anomalous).sum())),
        ):
            if count:
                print(f"held out: {called[key]:.2%} of {count} {kind} are called anomalies")


class Anomaly(Kind[Rarity, AnomalyOptions]):
    outputs = Rarity

    def target(self, known: Rarity | None) -> Target:
        return OptionalLabels(texts=known is not None and isinstance(known.normal, str))

    def again(self, train: Samples) -> Target:
        return Labels(texts=are_texts(train.answers)) if train.targets else OptionalLabels()

    def chosen(self, train: Samples, options: AnomalyOptions) -> Samples:
        """The normal ones alone, where it is known which are."""
        if not train.targets:
            for name, said in (("--normal", options.normal is not None), ("--compare", options.compare)):
                if said:
                    raise NetworkError(f"{name} needs labels: name their column with --target")
            return train
        labels, names = numbered(train.answers, [])
        normal = int(np.bincount(labels).argmax())
        if options.normal is not None:
            normal = int(numbered(np.array([options.normal]), names)[0][0])
            if normal == len(names):
                shown = printable(", ".join(map(str, names)), limit=300)
                raise NetworkError(f"--normal: there is no label {printable(options.normal)!r} to train on; the labels are: {shown}")
        return some(train, np.flatnonzero(labels == normal))

    def training(self, train: Samples, options: AnomalyOptions) -> Training:
        normal = train.answers[0] if train.targets else None
        label = normal.item() if isinstance(normal, np.generic) else normal
        return Counting(tables=options.tables, pairs=options.pairs, contamination=options.contamination, normal=label)

    def check(self, samples: Samples) -> None:
        """Any samples will do."""

    def strata(self, answers: Answers) -> Answers | None:
        return None if answers.dtype.kind == "O" else answers

    def judge(self, x: Latencies, samples: Samples, *, outputs: Rarity, unit: float) -> Judge:
        answers, anomalous = samples.answers, None
        if outputs.normal is not None and answers.dtype.kind != "O":
            anomalous = numbered(answers, [outputs.normal])[0] != 0
        return AnomalyJudge(x=x, what="samples", anomalous=anomalous, outputs=outputs)

    def described(self, outputs: Rarity) -> str:
        return "no labels" if outputs.normal is None else f"normal: {printable(outputs.normal, limit=60)}"

    def peers(self) -> list[tuple[str, Any]]:
        from sklearn.ensemble import IsolationForest
        from sklearn.impute import SimpleImputer
        from sklearn.neighbors import LocalOutlierFactor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return [
            ("isolation forest", make_pipeline(SimpleImputer(), IsolationForest(random_state=0))),
            ("local outlier factor", make_pipeline(SimpleImputer(), StandardScaler(), LocalOutlierFactor(novelty=True))),
        ]

    def lesson(self, fitted: Fitted, train: Samples, test: Samples) -> tuple[Numbers, Answers, Numbers]:
        return train.x, np.ones(len(train.x)), test.x

    def asked(self, model: Any, x: Numbers) -> Answers:
        return np.asarray(-model.score_samples(x))
