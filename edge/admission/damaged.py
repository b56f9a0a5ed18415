"""What is wrong with a network, found before any native code looked at it."""

from __future__ import annotations


class DamagedError(ValueError):
    """In a few words, without the file's name."""


class ForeignOperatorError(DamagedError):
    """The name of an operator that isn't one of those that are checked."""
