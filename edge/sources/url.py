"""What a URL looks like, and how it is written where others can read it."""

from __future__ import annotations

import re


def is_url(text: str) -> bool:
    """Whether the text starts with a scheme such as http:// or rtsp://."""
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", text) is not None


def without_password(url: str) -> str:
    """The URL with its user name and password replaced, for logs and results."""
    return re.sub(r"(://)[^/\s]*@", r"\1***@", url)
