"""The only way from a camera frame to a model input: training, export, benchmarks and the runner all call it."""

from edge.vision.garment import GARMENT_RECIPE, frame_to_pixels, to_bgr

__all__ = ["GARMENT_RECIPE", "frame_to_pixels", "to_bgr"]
