"""Predictions from frames, and decisions from predictions."""
