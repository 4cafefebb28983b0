"""A build, or a network before it is built, as a page to look at; and two of them side by side (docs/user/report.md)."""
