"""A completion explained: votes, comparisons, visitors of the rows, and the training programs behind each symbol."""

from dataclasses import dataclass

from ....programs.answers import accepted
from ....programs.options import WorldError
from ....programs.tokens import MOST_TOKENS
from ....programs.writer import Written
from ..completion import complete
from .novelty import Rarest, rarest
from .trace import Source, shared, sources
from .visits import Studied, Visits
from .votes import Choice, choices


@dataclass(frozen=True, kw_only=True)
class Explained:
    """``completion`` of ``prompt``: its ``choices``, a symbol each, and of each the ``sources``, the training programs that share most."""

    prompt: bytes
    completion: bytes
    choices: list[Choice]
    sources: list[list[Source]]
    rarest: list[Rarest]
    visits: Visits
    written: Written

    @property
    def accepted(self) -> bool:
        return accepted(self.prompt, self.completion)


def explain(studied: Studied, visits: Visits, prompt: bytes, completion: bytes | None = None) -> Explained:
    """What the network writes after ``prompt``, or ``completion`` in its place."""
    if len(prompt) + len(completion or b"") > MOST_TOKENS:
        raise WorldError(f"prompt and completion must have at most {MOST_TOKENS} tokens, not {len(prompt) + len(completion or b'')}")
    if completion is None:
        completion = complete(studied.network, studied.names, [prompt])[0]
    found = choices(studied.network, studied.names, prompt, completion)
    scores = shared(studied, found)
    return Explained(
        prompt=prompt,
        completion=completion,
        choices=found,
        sources=[sources(studied, one) for one in scores],
        rarest=rarest(studied, visits, prompt),
        visits=visits,
        written=studied.training.lines.written,
    )
