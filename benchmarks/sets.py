"""Data sets of scikit-learn for classifiers, and one that is made."""

from typing import Any


def sets() -> dict[str, tuple[Any, Any]]:
    """Samples and labels by name: three quarters of each set; the made one has clusters that no plane separates."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    whole = {name: getattr(datasets, f"load_{name}")(return_X_y=True) for name in ("iris", "wine", "breast_cancer", "digits")}
    shape = {"n_features": 20, "n_informative": 10, "n_classes": 4, "n_clusters_per_class": 3}
    whole["made"] = datasets.make_classification(4000, random_state=0, **shape)
    return {name: train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)[::2] for name, (X, y) in whole.items()}
