"""A search of network shapes for data of the user's: on the frontier of error, bytes and clocks (docs/user/tune.md)."""
