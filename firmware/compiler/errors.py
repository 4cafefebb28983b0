"""The one error of the compiler."""


class CompileError(ValueError):
    """A network the core or the board can't take; the message is one sentence with what it needs and what there is."""
