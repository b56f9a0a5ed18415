"""Networks before their conversion: read from files of others, and rewritten where a format or a device asks for it."""
