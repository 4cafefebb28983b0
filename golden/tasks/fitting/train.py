"""A network of one LUT layer: anchors by gain (or not), all tables fitted together, rounded to int4 with the rounding trained in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ...integer.deep import DeepNetwork, deep_outputs
from ...integer.layer import Int16
from ...model.adam import Adam
from ...model.anchors import covering_anchors, random_anchors
from ...model.arrays import deep_from_arrays
from ...model.layer import Float32, FloatGroup, FloatLayer
from ...model.quantise import natural_unit
from .aims import Aim
from .gain import grow
from .recipe import Recipe
from .refit import Refit, refit

BITS = 4
Views = Callable[[int], Int16]
"""The training samples, (batch, inputs) latencies, as epoch after epoch sees them; number 0: as they are."""
Tick = Callable[[str, float], bool | None]
"""Hears the phase and the mean loss again and again; True: end the training and keep what is trained."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The integer network, its float twin, and whether ``tick`` cut the training short."""

    network: DeepNetwork
    layer: FloatLayer
    stopped: bool


def with_constants(x: Int16, constants: tuple[int, ...]) -> Int16:
    """The latencies of the reference neurons behind each sample's."""
    return np.concatenate([x, np.broadcast_to(np.array(constants, np.int16), (len(x), len(constants)))], axis=1)


def _start(recipe: Recipe, views: Views, target: Float32, *, aim: Aim, rng: np.random.Generator, tick: Tick) -> FloatGroup:
    """The group before joint fitting: grown, or fixed anchors and zero tables."""
    if recipe.anchors == "gain":
        seen = np.concatenate([views(view) for view in range(recipe.views)])
        x, targets = np.ascontiguousarray(with_constants(seen, recipe.constants).T), np.tile(target, (recipe.views, 1))
        sizes = {"n_t": recipe.n_t, "n_c": recipe.n_c, "n_ref": len(recipe.constants)}
        return grow(x, targets, **sizes, growth=replace(recipe.growth, aim=aim), rng=rng, tick=partial(tick, "growing"))
    first = views(0)
    inputs = np.flatnonzero(np.ptp(first, axis=0) > 0).astype(np.int16)
    neurons = np.concatenate([inputs, np.arange(len(recipe.constants), dtype=np.int16) + first.shape[1]]).astype(np.int16)
    make = {"random": random_anchors, "covering": covering_anchors}[recipe.anchors]
    anchors = neurons[make(n_t=recipe.n_t, n_c=recipe.n_c, n=len(neurons), rng=rng)]
    return FloatGroup(anchors=anchors, tables=np.zeros((recipe.n_t, 1 << recipe.n_c, target.shape[1]), np.float32))


def _best_unit(group: FloatGroup, x: Int16, target: Float32, *, aim: Aim, network: Callable[[float], DeepNetwork]) -> float:
    """Of the natural unit and the two below, the one with the least error over training samples after plain rounding."""
    natural = natural_unit([group.tables], bits=BITS)

    def error(unit: float) -> float:
        return aim.error(-unit * deep_outputs(network(unit), x[:5000]).astype(np.float64), target[:5000])

    return min((natural, natural / 2, natural / 4), key=error)


def train_layer(
    views: Views,
    target: Float32,
    recipe: Recipe,
    *,
    aim: Aim,
    seed: int,
    card: dict[str, Any] | None = None,
    tick: Tick = lambda phase, loss: None,
) -> Trained:
    """Train on samples of ``target`` (batch, outputs), as ``aim`` takes it; the larger a score, the earlier its output spikes. ``tick``
    hears ``recipe.steps`` times, unless it ends the training."""
    rng = np.random.default_rng([seed, 2])
    first = views(0)
    group = _start(recipe, views, target, aim=aim, rng=rng, tick=tick)
    layer = FloatLayer(groups=(group,))

    def integer(unit: float) -> DeepNetwork:
        """Entries in units of ``unit``, a power of two."""
        n, constants = first.shape[1] + len(recipe.constants), np.array(recipe.constants, np.int16)
        return deep_from_arrays(n=n, output=layer, unit=2.0**-recipe.frac, constants=constants, bits=BITS, output_unit=unit, card=card)

    def fit(phase: str, offset: int, epochs: int, rate: float, unit: float) -> bool:
        def samples(epoch: int) -> tuple[Int16, Float32]:
            return with_constants(views(offset + epoch), recipe.constants), target

        adam = Adam(rate=rate, beta2=0.999)
        settings = Refit(epochs=epochs, adam=adam, batch=recipe.batch, jitter=recipe.jitter, drop=recipe.drop, unit=unit, aim=aim)
        return refit(group, samples, settings, latency_unit=2.0**-recipe.frac, rng=rng, tick=partial(tick, phase))

    unit = 0.0
    stopped = group.n_t < recipe.n_t or fit("fitting", 0, recipe.epochs, recipe.rate, 0.0)
    if not stopped:
        unit = _best_unit(group, first, target, aim=aim, network=integer)
        stopped = fit("rounded", recipe.epochs, recipe.rounded_epochs, recipe.rounded_rate, unit)
    network = integer(unit or _best_unit(group, first, target, aim=aim, network=integer))
    return Trained(network=network, layer=layer, stopped=stopped)
