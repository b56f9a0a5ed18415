"""Connections to a server: its certificate is checked, and each way to fail has its own sentence."""

from __future__ import annotations

import errno
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge.errors import ConfigError

if TYPE_CHECKING:  # loaded when something connects: a start is short
    import socket
    import ssl

SOURCE_VARIABLES = {
    "username": "EDGE_CLASSIFY_SOURCE_USERNAME",
    "password": "EDGE_CLASSIFY_SOURCE_PASSWORD",
    "token": "EDGE_CLASSIFY_SOURCE_TOKEN",
}
"""Login of a source -> environment variable."""
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_PAGES = {"text/html", "application/xhtml+xml", "application/json"}
_PAGE_STARTS = (b"<!doctype html", b"<html")
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}


class Access(NamedTuple):
    """Trust and proof of a connection."""

    ca_file: Path | None = None
    """PEM file of certificates that are trusted besides the system's."""
    is_insecure: bool = False
    """True takes any certificate."""
    token: str = ""
    """Bearer token for HTTP; empty: none."""

    def context(self) -> ssl.SSLContext:
        """Return the settings for TLS.

        Raises:
            ConfigError: the file holds no certificate.
        """
        return _context(self, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    def bundle(self) -> str:
        """Return the PEM file for a library that takes one alone: `ca_file`, or that of the system; empty: none."""
        import ssl

        paths = (self.ca_file, os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, *_BUNDLES)
        return next((str(path) for path in paths if path and Path(path).is_file()), "")


@functools.lru_cache(maxsize=4)
def _context(access: Access, *_of_system: str | None) -> ssl.SSLContext:
    """Read the certificates, which takes a while, once for each place that they are read from."""
    import ssl

    context = ssl.create_default_context()
    if access.ca_file is not None:
        try:
            context.load_verify_locations(access.ca_file)
        except (ssl.SSLError, ValueError) as error:
            raise ConfigError(f"--ca-file {access.ca_file}: no certificate in PEM form is in it") from error
        except OSError as error:
            from edge.system.unit import file_hint

            error.filename = error.filename or str(access.ca_file)
            raise ConfigError(f"--ca-file {access.ca_file}: {error.strerror}{file_hint(error)}") from error
    if access.is_insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def connect(host: str, port: int, *, timeout_s: float, access: Access | None) -> socket.socket:
    """Connect, with TLS where `access` is given.

    Raises:
        OSError: out of reach, refused, or a certificate that isn't trusted (see `reason`).
    """
    import socket

    plain = socket.create_connection((host, port), timeout_s)
    if access is None:
        return plain
    try:
        return access.context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def reason(error: BaseException) -> str:  # noqa: PLR0911  # a case, a sentence
    """Return why a connection failed, and what to do, as the end of a sentence; none of a URL is in it."""
    import socket
    import ssl

    from edge.system.unit import network_hint

    error = getattr(error, "reason", error) if not isinstance(error, ssl.SSLError) else error
    if isinstance(error, ssl.SSLCertVerificationError):
        advice = "give its certificate or its authority's with --ca-file, or take any with --insecure"
        return f"its certificate isn't trusted ({error.verify_message}): {advice}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({getattr(error, 'reason', None) or error}): does this port speak TLS?"
    if isinstance(error, OSError) and (hint := network_hint(error)):
        return f"{error.strerror or error}{hint}"
    if isinstance(error, socket.gaierror):
        if error.errno == getattr(socket, "EAI_AGAIN", None):
            return "its name can't be resolved now: is the network up?"
        return "no host of this name is known: check the address"
    if isinstance(error, ConnectionRefusedError):
        return "the connection is refused: is it on, and is the port right?"
    if isinstance(error, TimeoutError):
        return str(error) if str(error) and "timed out" not in str(error) else "no answer in time: timed out"
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return f"it can't be reached ({error.strerror}): is it on, and in this network?"
    return str(error) or type(error).__name__


def web_page(content_type: str, head: bytes) -> str:
    """Return that it is a web page which came, and what to do, as the end of a sentence; empty: it is none.

    Args:
        content_type: as the server states it, without parameters.
        head: the first bytes of the content.
    """
    if content_type not in _PAGES and not head.lstrip().lower().startswith(_PAGE_STARTS):
        return ""
    return (
        f"a web page ({content_type}), no stream, video or picture: look for the right address in the camera's manual; "
        "a page may also be its login"
    )


def status(code: int, *, has_login: bool, has_token: bool = False) -> str:
    """Return what a server's refusal means, as the end of a sentence: HTTP and RTSP have the same codes."""
    from http import HTTPStatus

    phrase = HTTPStatus(code).phrase if code in list(HTTPStatus) else ""
    no_login = "check the token" if has_token else "it wants a login: put user:password@ before the host"
    advice = {
        401: "check user name and password" if has_login else no_login,
        403: "this user may not see it",
        404: "nothing is at this path, check the address",
        454: "try again",
        503: "it is busy, or has too many viewers",
    }.get(code)
    return f"the server answers {code} {phrase}".rstrip() + (f": {advice}" if advice else "")
