"""Image files, decoded within limits: for training, export, benchmarks and the runner."""
