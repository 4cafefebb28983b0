"""How many completions the machine accepts, by family and split."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from polychron.system.progress import under_way

from ...integer.network import Network
from ...integer.stream import text_network
from ...programs.answers import accepted
from ...programs.generator import batches
from ...programs.options import WorldError
from ...programs.templates import FAMILIES, SPLITS
from ...programs.training_set import TrainingSet
from .completion import Completer, NGrams, Table, complete

ORDERS = (4, 8)  # of the n-grams
DRAWN = 4  # batches of a split


@dataclass(frozen=True, kw_only=True)
class Rate:
    """``count`` of ``of`` completions; ``ends``: Wilson's interval (95 %) of the share."""

    count: int
    of: int

    @property
    def share(self) -> float:
        return self.count / self.of

    @property
    def ends(self) -> tuple[float, float]:
        from scipy.stats import binomtest

        interval = binomtest(self.count, self.of).proportion_ci(method="wilson")
        return float(interval.low), float(interval.high)


@dataclass(frozen=True, kw_only=True)
class Part:
    """The programs of one family and split, as prompts with the completions that the generator wrote."""

    split: str
    family: str
    prompts: list[bytes]
    written: list[bytes]

    def rate(self, completions: Sequence[bytes]) -> Rate:
        """How many of them are accepted."""
        pairs = zip(self.prompts, completions, strict=True)
        return Rate(count=sum(accepted(prompt, completion) for prompt, completion in pairs), of=len(self.prompts))

    def same(self, completions: Sequence[bytes]) -> int:
        """How many of them are what the generator wrote."""
        return sum(one == other for one, other in zip(self.written, completions, strict=True))


def parts(training: TrainingSet, *, count: int) -> list[Part]:
    """``count`` programs of each family and split, the first that are drawn; fewer where the first :data:`DRAWN` batches have no more."""
    found = []
    for split in SPLITS:
        drawn = [training.programs] if split == "train" else islice(batches(training.world, split), DRAWN)
        prompts: dict[int, dict[bytes, bytes]] = {}
        for some in drawn:
            for number, family in enumerate(some.families.tolist()):
                own = prompts.setdefault(family, {})
                if len(own) < count:
                    own.setdefault(some.written.prompt(number), some.written.completion(number))
            if all(len(own) == count for own in prompts.values()):
                break
        if not prompts:
            raise WorldError(f"this world is too small: it has no program of the split {split}")
        for family, own in sorted(prompts.items()):
            found.append(Part(split=split, family=FAMILIES[family], prompts=list(own), written=list(own.values())))
    return found


def evaluate(network: Network, *, count: int, temperature: float) -> list[dict[str, Any]]:
    """A row for each split and family: how many of ``count`` completions are accepted, taken greedily and drawn at ``temperature``, and of
    n-grams and a table of the same training set, its planted lines included. Of the split train, the first true programs of it.
    """
    reader, names = text_network(network)
    with under_way("making the training set anew"):
        training = TrainingSet.of_card(network.card.get("data"))
        table = Table(training.lines)
    with under_way("counting n-grams"):
        grams = {f"gram{order}": NGrams(training.lines.data(), order).complete for order in ORDERS}
    baselines: dict[str, Completer] = {"table": table.complete, **grams}
    rows = []
    with under_way("completing") as phase:
        for part in parts(training, count=count):
            phase(f"{part.family} of {part.split}")
            greedy = complete(reader, names, part.prompts)
            rate, drawn = part.rate(greedy), part.rate(complete(reader, names, part.prompts, temperature=temperature))
            row = {"split": part.split, "family": part.family, "programs": rate.of, "accepted": rate.share}
            row |= {"accepted_interval": list(rate.ends), "as_written": part.same(greedy) / rate.of}
            row |= {"drawn": drawn.share, "drawn_interval": list(drawn.ends)}
            rows.append(row | {name: part.rate(how(part.prompts)).share for name, how in baselines.items()})
    return rows + _sums(rows)


def _sums(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All families of each split together, each program counting once."""
    found = []
    for split in SPLITS:
        own = [row for row in rows if row["split"] == split]
        total = sum(row["programs"] for row in own)
        mean = {name: sum(row[name] * row["programs"] for row in own) / total for name in ("accepted", "as_written", "drawn", *NAMES)}
        row = {"split": split, "family": "all", "programs": total, **mean}
        for name in ("accepted", "drawn"):
            row[f"{name}_interval"] = list(Rate(count=round(mean[name] * total), of=total).ends)
        found.append(row)
    return found


NAMES = ("table", *(f"gram{order}" for order in ORDERS))
"""The baselines' names in a row."""


def told(rows: list[dict[str, Any]]) -> list[str]:
    """Lines of a table of per cents."""
    titles = (
        "split",
        "family",
        "programs",
        "accepted",
        "interval",
        "as written",
        "drawn",
        "interval",
        *(name.replace("_", " ") for name in NAMES),
    )
    lines = [titles]
    for row in rows:
        shown = [row["split"], row["family"], str(row["programs"])]
        for name in ("accepted", "as_written", "drawn"):
            shown.append(f"{100 * row[name]:.1f}")
            if f"{name}_interval" in row:
                low, high = row[f"{name}_interval"]
                shown.append(f"{100 * low:.1f}-{100 * high:.1f}")
        lines.append((*shown, *(f"{100 * row[name]:.1f}" for name in NAMES)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
