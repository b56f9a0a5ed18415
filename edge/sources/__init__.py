"""Where frames come from: a camera, files, a URL, or the built-in demo."""

from edge.sources.choose import open_source
from edge.sources.frame import Frame, Source

__all__ = ["Frame", "Source", "open_source"]
