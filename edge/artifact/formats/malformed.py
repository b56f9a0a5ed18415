"""What is wrong with a network, found before any native code looked at it; and the largest image, of every format."""

from __future__ import annotations

MAX_IMAGE = 2**19
"""Pixels that a network takes: what it computes of them, a file doesn't always tell."""


class DamagedError(ValueError):
    """In a few words, without the file's name."""


class ForeignOperatorError(DamagedError):
    """The name of an operator that isn't one of those that are checked."""
