"""Strangers at the page and in the broker's place: what they send, and what came of it."""

from benchmarks.hardening.strangers.command import main, parser

__all__ = ["main", "parser"]
