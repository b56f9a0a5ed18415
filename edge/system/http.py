"""Gets a file over HTTP(S): certificates are checked, and no redirection leads from a safe address to an unsafe one."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPMessage
from typing import IO

from edge import __version__
from edge.errors import UpdateError

_SILENCE_S = 30.0  # a server may pause for so long
_PIECE_BYTES = 2**16
_TROUBLE = (OSError, http.client.HTTPException, ValueError)


def is_url(source: str) -> bool:
    """Whether it names a place in the network and no file."""
    return "://" in source


def shown(source: str) -> str:
    """The source for people: of a URL neither its query, which may be a key that lets others in, nor a password."""
    if not is_url(source):
        return source
    scheme, _, rest = source.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".partition("?")[0].partition("#")[0]


def beside(source: str, suffix: str) -> str:
    """The source of a file that lies beside another and is called like it, with something more at its end."""
    if not is_url(source):
        return source + suffix
    parts = urllib.parse.urlsplit(source)
    return parts._replace(path=parts.path + suffix).geturl()


@contextmanager
def get(url: str, *, is_pinned: bool) -> Iterator[tuple[int | None, Iterator[bytes]]]:
    """Ask for a file; yield how many bytes the server says it has, if it says so, and its content, in pieces.

    Args:
        url: http:// or https://.
        is_pinned: whether a digest or a signature is asked of the content: plain HTTP is good enough then.

    Raises:
        UpdateError: the URL is none to trust, the server can't be reached or refuses; also later, from the pieces.
    """
    _check(url, is_pinned=is_pinned)
    request = urllib.request.Request(url, headers={"User-Agent": f"edge-classify/{__version__}"})  # noqa: S310  # checked
    try:
        answer = _opener().open(request, timeout=_SILENCE_S)
    except urllib.error.HTTPError as error:
        with error:
            raise UpdateError(f"{shown(url)}: the server answers {error.code} {_phrase(error.code)}") from error
    except _TROUBLE as error:
        raise UpdateError(f"can't fetch {shown(url)}: {getattr(error, 'reason', error)}") from error
    with answer:
        yield _length(answer, shown(url)), _pieces(answer, shown(url))


def _length(answer: http.client.HTTPResponse, name: str) -> int | None:
    length = answer.headers.get("Content-Length")
    if length is not None and not length.isdecimal():
        raise UpdateError(f"{name} has a length of {length!r}, the server says: expected a number of bytes")
    return None if length is None else int(length)


def _pieces(answer: http.client.HTTPResponse, name: str) -> Iterator[bytes]:
    while True:
        try:
            piece = answer.read1(_PIECE_BYTES)
        except _TROUBLE as error:
            raise UpdateError(f"{name} was cut short ({error}): try again") from error
        if not piece:
            return
        yield piece


def _check(url: str, *, is_pinned: bool) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # a bracket that isn't closed
        parts = urllib.parse.SplitResult("", "", "", "", "")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UpdateError(f"expected a file, or an http:// or https:// URL, got {shown(url)}")
    if "@" in parts.netloc:
        raise UpdateError(f"a user name and a password don't belong into the URL, where others see them: {shown(url)}")
    if parts.scheme == "http" and not is_pinned:
        raise UpdateError(
            f"{shown(url)}: over http anybody on the way could put another model in its place: use https, or say what "
            "it must be with --require-sha256 or --require-signature"
        )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirections, none from https to anything else."""

    max_redirections = 5

    def redirect_request(  # noqa: PLR0917  # as urllib has it
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """As `urllib` does it, after a look at where it leads."""
        scheme = urllib.parse.urlsplit(newurl).scheme
        allowed = ("https",) if req.type == "https" else ("http", "https")
        if scheme not in allowed:
            raise UpdateError(
                f"{shown(req.full_url)} leads to {shown(newurl)}: only {' and '.join(allowed)} is followed"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """What opens http and https and nothing else; `urllib.request.build_opener` would add files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _phrase(code: int) -> str:
    """What a status means in the standard's words, not in the server's."""
    return HTTPStatus(code).phrase if code in list(HTTPStatus) else ""
