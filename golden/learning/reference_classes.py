"""The margin rule for classifiers, entry by entry as docs/reference/learning-rule.md has it."""

import numpy as np

from ..integer.forward import indices, write_back
from ..integer.layer import Int16
from ..integer.symbols import Symbols
from .classes import ClassLearner
from .reference import read, write


def learn_classes_reference(learner: ClassLearner, states: Int16, labels: Symbols, margin: int) -> None:
    """A :data:`~golden.learning.classes.ClassEngine`."""
    words = learner.output.rows
    for x, target in zip(states, labels.tolist(), strict=True):
        rows, first = [], 0
        for group in learner.network.output.groups:
            found = indices(group.anchors, x[None])[0].tolist()
            rows += [first + (table << group.n_c) + row for table, row in enumerate(found)]
            first += group.n_t << group.n_c
        acc = np.sum([read(words, row) for row in rows], axis=0)
        outputs = write_back(acc.astype(np.int32), shift=learner.output.shift)[0].tolist()
        rival = min((column for column in range(len(outputs)) if column != target), key=lambda column: outputs[column])
        if outputs[target] > outputs[rival] - margin:
            for row in rows[learner.output.first :]:
                write(words, row, target, -1)
                write(words, row, rival, 1)
