"""Answers to a server's demand for a login, Digest (RFC 7616) or Basic (RFC 7617); HTTP and RTSP have the same."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from typing import NamedTuple

_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Digest|Bearer|NTLM|Negotiate)\b(?!\s*=)", re.IGNORECASE)
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ALGORITHMS = ("SHA-256", "MD5")  # the better one first; each also with -sess


class Login(NamedTuple):
    """User name and password, as they are and not as a URL writes them."""

    user: str
    password: str


class _Challenge(NamedTuple):
    scheme: str
    """In lower case."""
    parameters: dict[str, str]
    """Names in lower case."""


def basic(login: Login) -> str:
    """Return the value of the header Authorization for Basic."""
    return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()


def answer(challenges: Sequence[str], login: Login, *, method: str, uri: str, nonce: str = "") -> str | None:
    """Return the value of the header Authorization; None if no challenge is one of Digest or Basic.

    Args:
        challenges: values of the headers WWW-Authenticate.
        login: user name and password.
        method: of the request, such as GET.
        uri: as the request's first line has it.
        nonce: the client's own; empty for a new one.
    """
    offered = [challenge for text in challenges for challenge in _parsed(text)]
    for algorithm in _ALGORITHMS:
        for challenge in offered:
            if challenge.scheme == "digest" and _algorithm(challenge).upper().removesuffix("-SESS") == algorithm:
                return _digest(challenge.parameters, login, method, uri, nonce or secrets.token_hex(8))
    return basic(login) if any(challenge.scheme == "basic" for challenge in offered) else None


def _digest(asked: dict[str, str], login: Login, method: str, uri: str, cnonce: str) -> str | None:
    algorithm, realm, nonce = asked.get("algorithm", "MD5"), asked.get("realm", ""), asked.get("nonce", "")
    offered = [word.strip() for word in asked.get("qop", "").split(",") if word.strip()]
    if offered and "auth" not in offered:
        return None
    hashed = _hash("SHA-256" if "256" in algorithm else "MD5")
    first = hashed(f"{login.user}:{realm}:{login.password}")
    if algorithm.upper().endswith("-SESS"):
        first = hashed(f"{first}:{nonce}:{cnonce}")
    middle = f"{nonce}:00000001:{cnonce}:auth" if offered else nonce
    fields = {"username": login.user, "realm": realm, "nonce": nonce, "uri": uri,
              "response": hashed(f"{first}:{middle}:{hashed(f'{method}:{uri}')}")}  # fmt: skip
    fields |= {"opaque": asked["opaque"]} if "opaque" in asked else {}
    quoted = [f'{name}="{_escaped(value)}"' for name, value in fields.items()]
    quoted += [f"algorithm={algorithm}"] if "algorithm" in asked else []
    quoted += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"'] if offered else []
    return "Digest " + ", ".join(quoted)


def _hash(algorithm: str) -> Callable[[str], str]:
    if algorithm == "SHA-256":
        return lambda text: hashlib.sha256(text.encode()).hexdigest()
    return lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # as the camera wants it


def _parsed(text: str) -> list[_Challenge]:
    """Split a header's value, which may hold several challenges."""
    found = list(_SCHEME.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    return [
        _Challenge(
            match[1].lower(),
            {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain for name, quoted, plain in
             _PARAMETER.findall(text[match.end() : end])},
        )
        for match, end in zip(found, ends, strict=True)
    ]  # fmt: skip


def _algorithm(challenge: _Challenge) -> str:
    return challenge.parameters.get("algorithm", "MD5")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
