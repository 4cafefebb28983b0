"""What a network that completes programs read, who was there before, and what it can't do without them (docs/user/programs.md)."""
