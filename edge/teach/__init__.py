"""Teaches classes to a network of features that ships, on the device: a linear layer, in numpy alone."""
