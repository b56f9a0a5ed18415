"""Hours at full speed and days in fake time while everything around the runner goes wrong, at random."""

from tests.hardening.soak.command import main, parser

__all__ = ["main", "parser"]
