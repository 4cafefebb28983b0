"""What was met of the goals, as a table in Markdown, and what was not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

HEAD = ["| group | goals | met by the gateware | met by a model alone | holes |", "| --- | --- | --- | --- | --- |"]

Met = Mapping[str, Mapping[str, str]]
"""By who met them, goals and the first test that did."""


def merged(notes: Iterable[Met]) -> dict[str, dict[str, str]]:
    """What several processes have noted."""
    found: dict[str, dict[str, str]] = {}
    for one in notes:
        for who, goals in one.items():
            found[who] = {**goals, **found.get(who, {})}
    return found


def rows(goals: Sequence[str], met: Met) -> list[str]:
    """A row for each group, and one for all."""
    groups = Counter(goal.split(":")[0] for goal in goals)
    gateware = Counter(goal.split(":")[0] for goal in goals if goal in met.get("gateware", ()))
    alone = Counter(goal.split(":")[0] for goal in goals if goal in met.get("model", ()) and goal not in met.get("gateware", ()))
    found = [(group, count, gateware[group], alone[group]) for group, count in groups.items()]
    found.append(("all", len(goals), gateware.total(), alone.total()))
    return [f"| {group} | {count} | {real} | {only} | {count - real - only} |" for group, count, real, only in found]


def holes(goals: Sequence[str], met: Met) -> list[str]:
    """The goals that the gateware has not met; those that a model has, with its test."""
    missing = [goal for goal in goals if goal not in met.get("gateware", ())]
    return [f"{goal} ({test})" if (test := met.get("model", {}).get(goal)) else goal for goal in missing]
