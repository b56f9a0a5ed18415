"""The only way from a camera frame to a model input: training, export, benchmarks and the runner all call it."""

from edge.vision.frames import to_bgr
from edge.vision.garment import GARMENT_RECIPE, find_garment, frame_to_pixels
from edge.vision.prepared_input import PreparedInput
from edge.vision.scene import EmptyScene
from edge.vision.yuv import YuvPicture

__all__ = ["GARMENT_RECIPE", "EmptyScene", "PreparedInput", "YuvPicture", "find_garment", "frame_to_pixels", "to_bgr"]
