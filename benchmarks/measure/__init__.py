"""Measurement of one model file in a process of its own: all of it runs on a board too."""
