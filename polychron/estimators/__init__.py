"""Networks for anybody's data, as scikit-learn's estimators (docs/user/own-data.md)."""
