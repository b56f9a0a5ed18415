"""Strangers at the page and in the broker's place: what they send, and what came of it."""

from tests.hardening.network_abuse.command import main, parser

__all__ = ["main", "parser"]
