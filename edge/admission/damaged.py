"""What is wrong with a network, found before any native code looked at it."""

from __future__ import annotations


class DamagedError(ValueError):
    """In a few words, without the file's name."""
