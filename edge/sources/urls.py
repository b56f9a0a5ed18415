"""What the name of a source says by itself: URL or not, live or not, and what others may read of it."""

from __future__ import annotations

import re

CSI_PREFIX = "csi:"
"""Of what is given to --camera; the camera's number follows."""

_VIDEO_SUFFIXES = (".mp4", ".m4v", ".mkv", ".webm", ".avi", ".mov", ".mpg", ".mpeg", ".ogv")
_SECRET = re.compile(r"([?&;](?:user(?:name)?|login|pass(?:word|wd)?|pwd|token|auth|(?:api_?)?key)=)[^&;#\s]*", re.I)


def is_url(text: str) -> bool:
    """Whether the text starts with a scheme such as http:// or rtsp://."""
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", text) is not None


def is_live(url: str) -> bool:
    """Whether a URL is a camera's; over HTTP, what isn't called like a video file is."""
    has_end = url.startswith(("http://", "https://", "file://"))
    return not (has_end and url.partition("?")[0].lower().endswith(_VIDEO_SUFFIXES))


def redact_url(url: str) -> str:
    """The URL with user name, password and whatever else is secret in it replaced, for logs and results."""
    return _SECRET.sub(r"\1***", re.sub(r"(://)[^/\s]*@", r"\1***@", url))
