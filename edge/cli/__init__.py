"""Console, config file and flags that every command shares."""
