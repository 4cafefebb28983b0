"""The parts of scikit-learn that the estimators are made of, or a sentence that says how to get it."""

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, OutlierMixin, RegressorMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_array, check_is_fitted, check_random_state, validate_data
except ImportError:
    raise ImportError("the estimators are scikit-learn's: pip install 'polychron[tasks]' (1.6 or newer)") from None

__all__ = [
    "BaseEstimator",
    "ClassifierMixin",
    "OutlierMixin",
    "RegressorMixin",
    "check_array",
    "check_classification_targets",
    "check_is_fitted",
    "check_random_state",
    "validate_data",
]
