"""Frozen values that every other part speaks in; no I/O here.

Values are `msgspec.Struct`s rather than dataclasses: 100,000 of them are a normal
day, and a struct is a third of the memory and encodes itself (docs/decisions/0001).
"""
