"""The only way from a camera frame to a model input, for training, export, benchmarks and the runner."""

from edge.vision.background import EmptyScene
from edge.vision.frames import YuvPicture, to_bgr
from edge.vision.garment import GARMENT_RECIPE, find_garment, frame_to_pixels
from edge.vision.prepared_input import PreparedInput

__all__ = ["GARMENT_RECIPE", "EmptyScene", "PreparedInput", "YuvPicture", "find_garment", "frame_to_pixels", "to_bgr"]
