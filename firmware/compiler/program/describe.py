"""The META section: a network's names and units, and where everything lies."""

from typing import Any

from firmware import isa
from golden.integer.network import Network

from ..store.layout import Layout

__all__ = ["describe"]


def describe(network: Network, outputs: tuple[int, int], layout: Layout, *, name: str, origins: list[dict[str, Any]]) -> dict[str, Any]:
    """The values of META; ``outputs``: the least and the greatest output latency, ``origins``: the entry of each run."""
    return {
        "name": name,
        "kind": network.kind,
        "n": network.n,
        "n_in": network.n - network.n_ref if network.embed is None else len(network.embed),
        "n_out": network.n_out,
        "frac": network.frac,
        "out_frac": network.out_frac,
        "symbols": None if network.symbols is None else list(network.symbols),
        "placement": {
            "neurons": layout.copies,
            "state_words": layout.state_words,
            "output": layout.output_base * isa.LANES,
            "output_range": list(outputs),
            "constants": network.constants.tolist(),
            "runs": origins,
        },
    }
