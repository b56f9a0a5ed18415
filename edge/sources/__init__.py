"""Where frames come from: a camera, files, a URL, standard input, or the built-in demo."""

from edge.sources.camera import CameraSettings
from edge.sources.frame import Frame, Source
from edge.sources.live import LiveTimeouts
from edge.sources.open import open_source

__all__ = ["CameraSettings", "Frame", "LiveTimeouts", "Source", "open_source"]
