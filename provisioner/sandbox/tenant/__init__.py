"""The stand-in for Microsoft 365: a stateful tenant behind real HTTP.

Nothing here is used by production code; the program meets it only over the wire.
"""
