"""Labelled images on the disk: Fashion-MNIST, and folders called like labels."""
