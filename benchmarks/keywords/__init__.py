"""Spoken keywords: a set made by speech programs, and a network that hears them."""
