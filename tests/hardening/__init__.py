"""Attacks on ourselves, counted: damaged files, hostile streams, power cuts, strangers at the page, and a long soak."""
