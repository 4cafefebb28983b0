"""An explained completion as lines for a terminal, as JSON values, and as tables for a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ....integer.symbols import UNKNOWN
from .explain import Explained
from .novelty import Rarest
from .trace import Source
from .votes import OUTPUT, Choice, Comparison, Vote

SHOWN = 5  # tables, comparisons, programs or families of a line

Row = Sequence[object]


@dataclass(frozen=True, kw_only=True)
class Section:
    """What a page says under ``title``; ``tables`` as (title, head, rows)."""

    title: str
    text: str
    tables: Sequence[tuple[str, Row, Sequence[Row]]]


def plain(program: bytes) -> str:
    """A prompt or a completion for a reader."""
    return program.decode(errors="replace")


def title(explained: Explained) -> str:
    verdict = "accepted" if explained.accepted else "not accepted"
    return f"{plain(explained.prompt)} -> {plain(explained.completion)}  {verdict}"


def sign(token: int) -> str:
    """A symbol for a reader."""
    return {UNKNOWN: "unknown", ord(" "): "space"}.get(token) or chr(token)


def strongest(choice: Choice) -> list[Vote]:
    """The votes, those that decide most for the symbol or against it first."""
    return sorted(choice.votes, key=lambda vote: (-abs(vote.margin), vote.table))


def lines(explained: Explained, *, most: int = SHOWN) -> Iterable[str]:
    """For a terminal; of each symbol ``most`` tables and training programs."""
    yield title(explained)
    for choice, found in zip(explained.choices, explained.sources, strict=True):
        yield ""
        yield headline(choice)
        yield f"  table    row {sign(choice.token):>7} {sign(choice.other):>7}  margin  comparisons; in training read by"
        for vote in strongest(choice)[:most]:
            told = " ".join(compared(one) for one in vote.comparisons)
            numbers = f"{vote.table:5} {vote.row:6} {vote.own:+7} {vote.other:+7} {vote.margin:+7}"
            yield f"  {numbers}  {told}; {visitors(explained, vote.number)}"
        if len(choice.votes) > most:
            yield f"  and {len(choice.votes) - most} more tables"
        yield f"  training programs that share most of these rows where they go on with {sign(choice.token)}:"
        for source in found[:most]:
            yield f"  {source.shared:6}  {source.program.decode()}  {stands(source)}"
    yield ""
    yield from map(told_rarest, explained.rarest)


def headline(choice: Choice) -> str:
    sums = f"{len(choice.votes)} tables add up to it" + (f", times {1 << choice.shift}" if choice.shift else "")
    lead = choice.other_latency - choice.latency
    return f"{sign(choice.token)} at {choice.latency} ({sums}); {sign(choice.other)} at {choice.other_latency}, {abs(lead)} " + (
        "later" if lead >= 0 else "earlier"
    )


def compared(one: Comparison) -> str:
    return f"{one.a}{'>' if one.later else '<='}{one.b}"


def visitors(explained: Explained, row: int) -> str:
    families = sorted(explained.visits.families(OUTPUT, row).items(), key=lambda pair: -pair[1])
    if not families:
        return "nobody"
    some = [explained.written.program(line).decode() for line in explained.visits.lines(OUTPUT, row)[:2]]
    return ", ".join(f"{name} {count:,}" for name, count in families[:3]) + f"; such as {' '.join(some)}"


def stands(source: Source) -> str:
    more = f", and {len(source.lines) - SHOWN} more" if len(source.lines) > SHOWN else ""
    return f"line{'s' if len(source.lines) > 1 else ''} {', '.join(map(str, source.lines[:SHOWN]))}{more}"


def told_rarest(one: Rarest) -> str:
    where = f"at token {one.at}" + ("" if one.before is None else f", which looked back at token {one.before}")
    return f"{one.part}: its rarest row, {one.row} of {one.layer}, read {where}, was visited {one.visits:,} times in training"


def figures(explained: Explained) -> dict[str, Any]:
    """All of it, as JSON values."""
    symbols = []
    for choice, found in zip(explained.choices, explained.sources, strict=True):
        votes = [_vote(explained, vote) for vote in choice.votes]
        own = {"symbol": sign(choice.token), "latency": choice.latency, "shift": choice.shift, "votes": votes}
        other = {"runner_up": sign(choice.other), "runner_up_latency": choice.other_latency}
        symbols.append(own | other | {"sources": [_source(source) for source in found]})
    told = {"prompt": plain(explained.prompt), "completion": plain(explained.completion), "accepted": explained.accepted}
    return told | {"symbols": symbols, "rarest": [vars(one) for one in explained.rarest]}


def _source(source: Source) -> dict[str, Any]:
    return {"program": source.program.decode(), "shared": source.shared, "lines": list(source.lines)}


def _vote(explained: Explained, vote: Vote) -> dict[str, Any]:
    examples = [{"line": line, "program": explained.written.program(line).decode()} for line in explained.visits.lines(OUTPUT, vote.number)]
    return {
        "table": vote.table,
        "row": vote.row,
        "vote": vote.own,
        "runner_up_vote": vote.other,
        "comparisons": [{"a": one.a, "b": one.b, "latencies": list(one.latencies), "later": one.later} for one in vote.comparisons],
        "visits": explained.visits.families(OUTPUT, vote.number),
        "examples": examples,
    }


def sections(explained: Explained) -> list[Section]:
    """For a page, a section for each symbol."""
    found = []
    for choice, some in zip(explained.choices, explained.sources, strict=True):
        votes = [(vote.table, vote.row, vote.own, vote.other, vote.margin, visitors(explained, vote.number)) for vote in strongest(choice)]
        head = ("table", "row", f"vote on {sign(choice.token)}", f"on {sign(choice.other)}", "margin", "in training read by")
        reasons = [
            (vote.table, bit, one.a, one.latencies[0], "later than" if one.later else "not later than", one.b, one.latencies[1])
            for vote in strongest(choice)
            for bit, one in enumerate(vote.comparisons)
        ]
        named = [(source.program.decode(), source.shared, stands(source)) for source in some]
        tables: list[tuple[str, Row, Sequence[Row]]] = [
            ("Training programs that share most of these rows", ("program", "shared", "on"), named),
            ("Votes of all tables", head, votes),
            ("Comparisons behind each index", ("table", "bit", "neuron", "latency", "is", "neuron", "latency"), reasons),
        ]
        text = headline(choice) + ". A vote below zero makes the spike earlier."
        found.append(Section(title=f"Symbol {sign(choice.token)}", text=text, tables=tables))
    return found
