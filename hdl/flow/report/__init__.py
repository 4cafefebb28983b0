"""The figures of a build, as data and as text."""
