"""Decisions as lines: terminal, JSON and CSV."""
