"""What has become of the mutants, as tables in Markdown and as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from .judge import Verdict

HEAD = [
    "| design | block | mutants | killed | by a proof alone | equivalent | survived | score |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
]
LISTED = ["| design | block | mutant | line |", "| --- | --- | --- | --- |"]


def score(verdicts: Sequence[Verdict]) -> float | None:
    """Killed, of those that are not proved equivalent, in percent; None where all are."""
    kinds = [one.kind for one in verdicts]
    differ = len(kinds) - kinds.count("equivalent")
    return 100 * kinds.count("killed") / differ if differ else None


def _row(unit: str, block: str, verdicts: Sequence[Verdict]) -> str:
    kinds = [one.kind for one in verdicts]
    proved = sum(one.claim is not None for one in verdicts)
    counts = " | ".join(map(str, (kinds.count("killed"), proved, kinds.count("equivalent"), kinds.count("survived"))))
    found = score(verdicts)
    return f"| {unit} | {block} | {len(kinds)} | {counts} | {'-' if found is None else f'{found:.1f} %'} |"


def rows(unit: str, verdicts: Sequence[Verdict]) -> list[str]:
    """A row for each block."""
    blocks = dict.fromkeys(one.mutant.block for one in verdicts)
    return [_row(unit, block or "itself", [one for one in verdicts if one.mutant.block == block]) for block in blocks]


def whole(verdicts: Sequence[Verdict]) -> str:
    """The last row, of all."""
    return _row("all", "", verdicts)


def listed(unit: str, verdicts: Iterable[Verdict], kind: str) -> list[str]:
    """A row for each that ``kind`` says."""
    chosen = [one for one in verdicts if one.kind == kind]
    return [f"| {unit} | {one.mutant.block or 'itself'} | {_what(one)} | {' '.join(one.mutant.sources)} |" for one in chosen]


def _what(one: Verdict) -> str:
    return f"{one.mutant.text} ({one.reason})" if one.reason else one.mutant.text


def as_json(unit: str, verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    return [
        {
            "design": unit,
            "block": one.mutant.block or "itself",
            "mutant": one.mutant.text,
            "command": one.mutant.command.split(" -src")[0],
            "lines": one.mutant.sources,
            "verdict": one.kind,
            "stimulus": one.stimulus,
            "clock": one.clock,
            "claim": one.claim,
            "proof": one.reason,
        }
        for one in verdicts
    ]
