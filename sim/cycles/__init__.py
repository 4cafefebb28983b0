"""The cycle model: clocks, rows and beats of any program without the gateware, exact to the clock (docs/reference/cycles.md)."""

from sim.cycles.core import StepCounts
from sim.cycles.layers import LayerClocks, layer_clocks
from sim.cycles.prediction import Prediction, predict

__all__ = ["LayerClocks", "Prediction", "StepCounts", "layer_clocks", "predict"]
