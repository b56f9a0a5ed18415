"""Live sources kept alive: the newest frame, a new connection, and a watch on frozen pictures."""
