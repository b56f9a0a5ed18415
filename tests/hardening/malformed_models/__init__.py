"""Damaged and forged model files against the runner: none may crash it, hang it or flood the memory."""

from tests.hardening.malformed_models.command import main, parser

__all__ = ["main", "parser"]
