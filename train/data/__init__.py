"""Training images: read, split, augmented and batched."""
