"""The embedded stand-in for the outside world: a stateful tenant and its DNS."""
