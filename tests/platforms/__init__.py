"""Platforms on which the base install imports and predicts, and puts out the same bits."""
