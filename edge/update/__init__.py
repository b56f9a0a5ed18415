"""A model file that reaches a device later: fetched, tested, switched to, tried, and taken back if it fails."""
