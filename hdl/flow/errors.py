"""What a build can end with: one sentence and an exit code, never a traceback."""


class BuildError(ValueError):
    """A bad input, a missing tool or a tool that failed; the message is one sentence. Exit code 2."""

    exit_code = 2


class TimingError(BuildError):
    """A design that was placed and routed but is too slow for its clock. Exit code 1."""

    exit_code = 1
