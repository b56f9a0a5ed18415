"""URLs: what counts as one, and how it is shown without its secrets."""

from __future__ import annotations

import re

# Compiled when they are used, and kept by `re`.
_LOGIN = r"(://)[^/\s]*@"
_PARAMETER = r"(?<=[?&;#])(?:([^=&;#\s]*)=)?([^&;#\s]*)"
_SENSITIVE_NAME = (
    r"(?i)(.*[-_])?(user(name)?|login|pass(word|wd)?|pwd?|pin|code|token|auth|(api|access)?key|secret|sig(nature)?|sid)"
)
_HARMLESS_VALUE = r"(?i)[a-z]{0,8}(\.\w{2,4})?|\d{1,4}([x.,:]\d{1,4})?"  # stream, a.jpg, 2, 640x480


def is_url(text: str) -> bool:
    """Return whether the text starts with a scheme such as http:// or rtsp://."""
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", text) is not None


def redact_url(text: str) -> str:
    """Replace the login of a URL and the values in its query that may be keys by `***`, for logs and results.

    Short words and numbers stay, because `?channel=2` identifies a camera, unless the parameter's name is one for
    secrets. A text that is no URL is returned as it is.
    """
    return re.sub(_PARAMETER, _redact_parameter, re.sub(_LOGIN, r"\1***@", text)) if is_url(text) else text


def _redact_parameter(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    is_secret = not re.fullmatch(_HARMLESS_VALUE, value) or (name is not None and re.fullmatch(_SENSITIVE_NAME, name))
    return match[0].removesuffix(value) + "***" if value and is_secret else match[0]


def append_to_path(source: str, suffix: str) -> str:
    """Append a suffix to a file's path or to the path of a URL, before its query."""
    if not is_url(source):
        return source + suffix
    from urllib.parse import urlsplit

    parts = urlsplit(source)
    return parts._replace(path=parts.path + suffix).geturl()
