"""Sources of frames: cameras, streams, standard input, files, and the built-in demo."""

from edge.sources.camera import CameraSettings
from edge.sources.frame import Frame, Source
from edge.sources.live import LiveTimeouts
from edge.sources.open import open_source

__all__ = ["CameraSettings", "Frame", "LiveTimeouts", "Source", "open_source"]
