"""Text networks that complete true programs (docs/user/programs.md)."""
