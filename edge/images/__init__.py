"""Image files, known by their bytes, listed, and decoded within limits: for training, export, benchmarks and runner."""
