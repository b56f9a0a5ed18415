"""Checks that this machine can run the classifier: one file for each part of it, every check a pure function."""
