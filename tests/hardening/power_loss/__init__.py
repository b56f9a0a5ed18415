"""Power cuts: real commands killed with SIGKILL at random moments, every file looked at, and started again."""

from tests.hardening.power_loss.command import main, parser

__all__ = ["main", "parser"]
