"""Bulk classification: large archives on all cores of a machine or on a cluster, into Parquet, by Ray Data."""
