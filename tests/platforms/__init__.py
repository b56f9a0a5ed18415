"""Platforms on which the base install imports and predicts, and puts out the same bits."""

from tests.platforms.command import main, parser

__all__ = ["main", "parser"]
