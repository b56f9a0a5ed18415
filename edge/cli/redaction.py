"""Secrets of a command's words, which no line that it writes about itself repeats."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterable

from edge.system.urls import redact_words, secrets_in

_LEAST = 4  # characters: a shorter one is part of too many words
_VARIABLES = ("PASSWORD", "TOKEN")  # ends of the names of our environment variables that hold secrets
_secrets: set[str] = set()


def start_redaction(words: Iterable[str]) -> None:
    """Store the secrets of a command line and of the environment, and none of a command before."""
    _secrets.clear()
    _remember(
        {value for name, value in os.environ.items() if name.startswith("EDGE_CLASSIFY_") and name.endswith(_VARIABLES)}
    )
    remember_secrets(words)


def remember_secrets(words: Iterable[str]) -> None:
    """Store all that looks like a password or a key in words of a command line or of a config file."""
    found: set[str] = set()
    for word in words:
        found |= secrets_in(word)
        if word.startswith("-"):
            found |= secrets_in(word.partition("=")[2])
    _remember(found)


def _remember(found: set[str]) -> None:
    """Store secrets as they are, as a URL writes them and as Python shows them."""
    plain = {form for secret in found for form in (secret, urllib.parse.unquote(secret), urllib.parse.quote(secret))}
    _secrets.update(form for form in (*plain, *(repr(form)[1:-1] for form in plain)) if len(form) >= _LEAST)


def redacted(text: str) -> str:
    """Return a text for people without the secrets of the command's words, and without any login in it."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return redact_words(text)
