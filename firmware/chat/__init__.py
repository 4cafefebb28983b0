"""Texts on a board: what a network writes as it comes, and a conversation."""
