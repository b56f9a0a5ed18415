"""The only way from a camera frame to a model input, for training, export, benchmarks and the runner."""

from edge.vision.background import EmptyScene
from edge.vision.frames import YuvPicture, to_bgr
from edge.vision.garment import find_garment, frame_to_pixels
from edge.vision.least_edge import least_edge
from edge.vision.prepared_input import PreparedInput
from edge.vision.recipe import prepare

__all__ = [
    "EmptyScene",
    "PreparedInput",
    "YuvPicture",
    "find_garment",
    "frame_to_pixels",
    "least_edge",
    "prepare",
    "to_bgr",
]
