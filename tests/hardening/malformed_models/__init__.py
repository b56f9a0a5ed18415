"""Damaged and forged model files against the runner: none may crash it, hang it or flood the memory."""
