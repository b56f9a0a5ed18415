"""Frames that come over the network."""
