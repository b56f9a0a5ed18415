"""Console and config file of every command."""
