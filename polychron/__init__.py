"""Look-up-table spiking networks on open FPGAs: load or train, compile, estimate, predict, simulate, trace, build (docs/user/api.md).

::

    import polychron

    network = polychron.load("shakespeare")
    program = network.compile(board="icebreaker")
    print(program.estimate())
    print(program.simulate(prompt="First Citizen:", length=200).text)
    program.build(out="build")

Importing this imports nothing else; each name brings what it needs.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .board import connect
    from .estimators.anomaly import LutAnomaly
    from .estimators.classifier import LutClassifier
    from .estimators.forecaster import StreamForecaster
    from .estimators.regressor import LutRegressor
    from .estimators.stream import StreamClassifier
    from .network import Network, load, networks
    from .program import Build, Estimate, Program
    from .trained import Score
    from .training import train
    from .tuning.api import tune
    from .tuning.result import Tuning

__all__ = [
    "Build",
    "Estimate",
    "LutAnomaly",
    "LutClassifier",
    "LutRegressor",
    "Network",
    "Program",
    "Score",
    "StreamClassifier",
    "StreamForecaster",
    "Tuning",
    "connect",
    "load",
    "networks",
    "train",
    "tune",
]

_HOMES = {
    "connect": "board",
    "train": "training",
    "tune": "tuning.api",
    "Tuning": "tuning.result",
    "Build": "program",
    "Estimate": "program",
    "Program": "program",
    "Score": "trained",
    "LutAnomaly": "estimators.anomaly",
    "LutClassifier": "estimators.classifier",
    "LutRegressor": "estimators.regressor",
    "StreamClassifier": "estimators.stream",
    "StreamForecaster": "estimators.forecaster",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'network')}"), name)
