"""LutClassifier beside gradient boosting of as many bytes, on tables of KEEL's."""
