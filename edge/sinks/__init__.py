"""Destinations of decisions; each kind is imported from its own file, and only if it is configured."""

from edge.sinks.protocol import Sink

__all__ = ["Sink"]
