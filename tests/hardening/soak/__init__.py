"""Hours at full speed and days in simulated time while everything around the runner goes wrong, at random."""
