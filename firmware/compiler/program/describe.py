"""A program's description: a network's names and units, and where everything lies."""

from firmware import isa
from firmware.description import Meta, Origin, Placement
from golden.integer.network import Network

from ..store.layout import Layout


def describe(network: Network, outputs: tuple[int, int], layout: Layout, *, name: str, origins: tuple[Origin, ...]) -> Meta:
    """``outputs``: the least and the greatest output latency, ``origins``: of each run."""
    return Meta(
        name=name,
        kind=network.kind,
        n=network.n,
        n_in=network.n_in,
        n_out=network.n_out,
        frac=network.frac,
        out_frac=network.out_frac,
        symbols=network.byte_symbols(),
        placement=Placement(
            neurons=tuple(map(tuple, layout.copies)),
            state_words=layout.state_words,
            output=layout.output_base * isa.LANES,
            output_range=outputs,
            constants=tuple(network.reference_latencies().tolist()),
            runs=origins,
        ),
    )
