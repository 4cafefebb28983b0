"""A board that learns beside the rule: ``polychron learn --port`` (docs/user/learn.md)."""
