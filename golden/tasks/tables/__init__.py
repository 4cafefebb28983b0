"""Classifiers of the rows of a table in a file."""
