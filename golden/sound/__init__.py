"""From sound to what a network hears of it, in integers (docs/reference/sound.md)."""
