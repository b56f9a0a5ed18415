"""Attacks on ourselves, counted: damaged files, hostile streams, power cuts, network abuse, and a long soak."""
