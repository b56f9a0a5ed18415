"""Why this machine can or can't run the classifier: one file for each part of it, every check a pure function."""
