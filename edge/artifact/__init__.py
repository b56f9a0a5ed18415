"""A model file: its bytes, its spec and labels, why it is trusted, and the formats it may have."""
