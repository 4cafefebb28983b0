"""The margin rule for classifiers, compiled; tested against golden/learning/reference_classes.py to the last bit."""

import numpy as np

from ..compiled.kernel import kernel
from ..integer.layer import Int16
from ..integer.symbols import Symbols
from .classes import ClassLearner
from .compiled import Seen, add_rows, change, look, store


def learn_classes_compiled(learner: ClassLearner, states: Int16, labels: Symbols, margin: int) -> None:
    """A :data:`~golden.learning.classes.ClassEngine`."""
    _learn_classes(learner.output, Seen.room(1, learner.output.flat.low.shape[0]), states, labels, margin)


@kernel()
def _learn_classes(output, seen, states, labels, margin):
    rows = output.rows
    out = np.zeros(rows.words.shape[1], np.int32)
    outputs = np.zeros(out.shape[0], np.int32)
    for i in range(states.shape[0]):
        look(output.flat, states[i], 0, seen, 0)
        out[:] = 0
        add_rows(rows, seen, 0, out)
        store(out, output.shift, outputs)
        target = labels[i]
        rival = -1
        for c in range(outputs.shape[0]):
            if c != target and (rival < 0 or outputs[c] < outputs[rival]):
                rival = c
        if outputs[target] > outputs[rival] - margin:
            for t in range(output.first, seen.row.shape[1]):
                change(rows, seen.row[0, t], target, -1)
                change(rows, seen.row[0, t], rival, 1)
