"""Fitting a model: the training itself, its checkpoints, and what it can go on from."""
