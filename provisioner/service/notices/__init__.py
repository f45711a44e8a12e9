"""Telling people: what has changed its state becomes notices, each sent once."""
