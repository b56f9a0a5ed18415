"""Sources of frames: cameras, streams, standard input, files, and the built-in demo."""

from edge.sources.camera import CameraSettings
from edge.sources.frame import Frame, Source
from edge.sources.live import LiveTimeouts
from edge.sources.open import open_source
from edge.sources.orientation import Orientation

__all__ = ["CameraSettings", "Frame", "LiveTimeouts", "Orientation", "Source", "open_source"]
