"""Commands and their options: described once, read, checked and run alike."""
