"""Where frames come from: a camera, files, a URL, standard input, or the built-in demo."""

from edge.sources.asked import Patience, Wish
from edge.sources.choose import open_source
from edge.sources.frame import Frame, Source

__all__ = ["Frame", "Patience", "Source", "Wish", "open_source"]
