"""Where frames come from: a camera, files, a URL, standard input, or the built-in demo."""

from edge.sources.camera.settings import Wish
from edge.sources.frame import Frame, Source
from edge.sources.live.timeouts import Patience
from edge.sources.open import open_source

__all__ = ["Frame", "Patience", "Source", "Wish", "open_source"]
