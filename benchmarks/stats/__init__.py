"""Statistics of predictions and latencies: pure functions of numbers, on numpy and scipy."""

CONFIDENCE = 0.95
"""Confidence of every interval in a report."""
