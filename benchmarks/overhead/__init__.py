"""Overhead of the runner against a bare script that does the same: ratios with limits, all from one run."""
