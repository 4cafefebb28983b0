"""What the tests of all estimators share."""

import warnings

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator


def checks_of(estimator) -> pytest.MarkDecorator:
    """A test with the arguments ``estimator`` and ``check`` for each of scikit-learn's checks, without that of arrays of other libraries,
    which is skipped where they are not switched on."""
    found = [pair for pair in estimator_checks_generator(estimator) if "array_api" not in str(pair[1])]
    return pytest.mark.parametrize(
        ("estimator", "check"), found, ids=lambda part: getattr(part, "func", part).__name__ if callable(part) else ""
    )


def passes(estimator, check) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's own, about its checks' data
        check(estimator)


def same(a, b) -> bool:
    """Whether two fitted estimators have the same network, to the last bit."""
    arrays, others = a.network_.integer.arrays(), b.network_.integer.arrays()
    return arrays.keys() == others.keys() and all(np.array_equal(arrays[name], others[name]) for name in arrays)
