"""The version of report.json; docs/report.schema.json describes it."""

SCHEMA_VERSION = 2  # 1: one repeat, and no statistics of the accuracy
