"""Where answers go; each kind is imported from its own file, and only where it was asked for."""

from edge.sinks.protocol import Sink

__all__ = ["Sink"]
