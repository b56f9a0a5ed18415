"""Drawn Fashion-MNIST garments as a camera would see them: for the demo, for tests and for work without a download."""

from edge.demo.garments import draw_garment
from edge.demo.scene import DemoFrame, draw_dataset, draw_frame

__all__ = ["DemoFrame", "draw_dataset", "draw_frame", "draw_garment"]
