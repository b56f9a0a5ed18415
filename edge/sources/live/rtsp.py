"""Question to an RTSP server (RFC 2326) that FFmpeg could not open, whose own message OpenCV doesn't pass on."""

from __future__ import annotations

import re
import socket
import urllib.parse

from edge.errors import SourceError, SourceRefusedError
from edge.system import http_login
from edge.system.connection import Access, connect, reason, status
from edge.system.http_login import Login

_PORTS = {"rtsp": 554, "rtsps": 322}
_MOST_BYTES = 64 * 1024  # of an answer's head
_FINAL = (401, 403)  # asking again changes nothing


def require_description(url: str, *, timeout_s: float, access: Access) -> None:
    """Ask for the description of a stream, with the login that the server wants.

    Raises:
        SourceRefusedError: the server refuses the login.
        SourceError: it is out of reach, has no such stream, or doesn't answer by the rules of RTSP.
    """
    parts = urllib.parse.urlsplit(url)
    written, at, _ = parts.netloc.rpartition("@")
    user, _, password = written.partition(":")
    login = Login(urllib.parse.unquote(user), urllib.parse.unquote(password)) if at else None
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    is_secure = parts.scheme == "rtsps"
    try:
        with connect(parts.hostname or "", parts.port or _PORTS[parts.scheme], timeout_s=timeout_s,
                     access=access if is_secure else None) as connection:  # fmt: skip
            code, head = _describe(connection, plain, 1, None)
            challenges = re.findall(r"(?im)^WWW-Authenticate:\s*(.*?)\r?$", head)
            if code == 401 and login is not None:
                header = http_login.answer(challenges, login, method="DESCRIBE", uri=plain)
                if header is not None:
                    code, _ = _describe(connection, plain, 2, header)
    except (OSError, ValueError) as error:
        raise SourceError(reason(error)) from error
    if code >= 300:
        refusal = SourceRefusedError if code in _FINAL else SourceError
        raise refusal(status(code, has_login=login is not None))


def _describe(connection: socket.socket, url: str, number: int, header: str | None) -> tuple[int, str]:
    """Send a request; return the answer's code and head."""
    lines = [f"DESCRIBE {url} RTSP/1.0", f"CSeq: {number}", "Accept: application/sdp"]
    lines += [f"Authorization: {header}"] if header else []
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(4096)
        if not chunk or len(head) > _MOST_BYTES:
            raise ValueError("what answers there doesn't speak RTSP")
        head += chunk
    match = re.match(rb"RTSP/\d\.\d (\d{3})", head)
    if not match:
        raise ValueError("what answers there doesn't speak RTSP")
    length = re.search(rb"(?im)^Content-Length:\s*(\d+)", head)
    missing = int(length[1]) - len(head.partition(b"\r\n\r\n")[2]) if length else 0
    while 0 < missing < _MOST_BYTES and (chunk := connection.recv(missing)):
        missing -= len(chunk)
    return int(match[1]), head.decode("latin-1")
