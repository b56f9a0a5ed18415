"""URLs: what counts as one, and how texts are shown without the secrets in them."""

from __future__ import annotations

import re

# Compiled when they are used, and kept by `re`.
_SCHEME = r"[a-zA-Z][a-zA-Z0-9+.-]*"
_LOGIN = rf"^({_SCHEME}:/+)(?:.*:.*@|[^/\s]*@)"  # a password may hold anything, also an @ and a slash
_BARE_LOGIN = r"^[^\s/:=]+:.+@(?=[\w\[])"  # of what isn't a URL yet
_PARAMETER = r"(?<=[?&;#])(?:([^=&;#\s]*)=)?([^&;#\s]*)"
_SENSITIVE_NAME = (
    r"(?i)(.*[-_])?(user(name)?|login|pass(word|wd)?|pwd?|pin|code|token|auth|(api|access)?key|secret|sig(nature)?|sid)"
)
_HARMLESS_VALUE = r"(?i)[a-z]{0,8}(\.\w{2,4})?|\d{1,4}([x.,:]\d{1,4})?"  # stream, a.jpg, 2, 640x480
_MARKS = frozenset("@?&;#")
_WORD = r"""[^\s'"`<>()]+"""
_PERCENT = r"%(?![0-9a-fA-F]{2})"  # that escapes nothing
HINT = (
    "write @ as %40, # as %23, / as %2F, ? as %3F, [ as %5B, ] as %5D, a space as %20 and % as %25 in the user name "
    "and the password"
)


def is_url(text: str) -> bool:
    """Return whether the text starts with a scheme such as http:// or rtsp://."""
    return "://" in text and re.match(rf"{_SCHEME}://", text) is not None


def redact_url(text: str) -> str:
    """Replace the login of a URL and the values in its query that may be keys by `***`, for logs and results.

    Short words and numbers stay, because `?channel=2` identifies a camera, unless the parameter's name is one for
    secrets. The login ends at the last @ if it holds a colon. A slip such as one slash, or no scheme before a login, is
    redacted too; any other text that is no URL is returned as it is.
    """
    if not _MARKS.intersection(text):  # most words of a command line, at every start
        return text
    if re.match(rf"{_SCHEME}:/", text):
        return re.sub(_PARAMETER, _redact_parameter, re.sub(_LOGIN, r"\1***@", text, flags=re.DOTALL))
    return re.sub(_BARE_LOGIN, "***@", text, flags=re.DOTALL)


def redact_words(text: str) -> str:
    """Apply `redact_url` to each word of a sentence."""
    return re.sub(_WORD, lambda match: redact_url(match[0]), text)


def secrets_in(text: str) -> set[str]:
    """List the secrets of a URL, or of what is nearly one, as they are written: its password, and keys in its query."""
    shown = redact_url(text)
    if shown == text:
        return set()
    found = {match[2] for match in re.finditer(_PARAMETER, text) if _redact_parameter(match) != match[0]}
    login = re.sub(rf"^{_SCHEME}:/+", "", text).rpartition("@")[0]
    found.add(login.partition(":")[2] or login)
    return found - {""}


def require_plain_login(url: str) -> None:
    """Refuse a URL whose login holds characters that end it: it would lead to a host named like half a password.

    Raises:
        ValueError: it does, or host or port are malformed; the message tells none of it.
    """
    from urllib.parse import urlsplit

    rest = re.sub(rf"^{_SCHEME}:/+", "", url)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, at, host = authority.rpartition("@")
    port = re.sub(r"^\[[^\]]*\]?", "", host).partition(":")[2]
    behind = rest[len(authority) :].partition("?")[0]
    is_cut = ("@" in behind or "@" in rest[len(authority) :]) and not re.fullmatch(r"\d*", port)
    if is_cut or re.search(rf"[\s\[\]]|{_PERCENT}", login) or (at and ":" in login and "@" in behind):
        raise ValueError(f"it can't be told where the password ends: {HINT}")
    if not re.fullmatch(r"\d*", port):
        raise ValueError("expected a number behind the host's colon")
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError("expected HOST or HOST:PORT, an IPv6 address in [ ], and a port of at most 65535") from None


def with_login(text: str, user: str, password: str) -> str:
    """Put a user name and a password into a URL that has none; any other text is returned as it is."""
    if not (user or password) or not is_url(text):
        return text
    from urllib.parse import quote

    scheme, rest = text.split("://", 1)
    has_login = "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]
    return text if has_login else f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


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
