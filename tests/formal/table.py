"""What has been proved, as rows of a table in Markdown."""

from collections.abc import Iterable

from .prove import Proof, Proved

HEAD = ["| block | claim | proved | reached in clock | fault, seen in clock |", "| --- | --- | --- | --- | --- |"]


def rows(proof: Proof, proved: Iterable[Proved]) -> list[str]:
    """A row for each claim."""
    how = f"bounded to {proof.bounded} clocks" if proof.bounded else f"induction, k = {proof.clocks}"
    return [_row(proof, one, how) for one in proved]


def _row(proof: Proof, one: Proved, how: str) -> str:
    assert one.claim.fault is not None
    signal, kind = one.claim.fault.text.split(" ", 1)
    reached = "any state" if proof.anywhere else one.reached
    return f"| {proof.block} | {one.claim.text} | {how} | {reached} | `{signal}` {kind}, {one.died} |"
