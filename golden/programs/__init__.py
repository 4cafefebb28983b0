"""A small world of true programs: the machine that judges them, and the generator that writes them (docs/reference/programs.md)."""
