"""Tests of every package, and the programs that attack and install the project."""
